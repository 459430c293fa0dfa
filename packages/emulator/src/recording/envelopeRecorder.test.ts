import { mkdtempSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logEnvelope } from "@loggregator/api";
import { afterAll, expect, test, vi } from "vitest";
import { EnvelopeRecorder } from "./envelopeRecorder.js";
import type { RecordingError } from "./errors.js";

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return { ...fs, writeSync: vi.fn(fs.writeSync) };
});

const folder = mkdtempSync(join(tmpdir(), "loggregator-recorder-"));
const writes = vi.mocked(writeSync);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a write that fails ends the recording, and is reported once", () => {
  const errors: RecordingError[] = [];
  const path = join(folder, "full");
  const recorder = new EnvelopeRecorder({ path }, (error) => errors.push(error));
  writes.mockImplementation(() => {
    throw new Error("ENOSPC: no space left on device, write");
  });
  for (let i = 0; i < 3; i += 1) {
    recorder.add(logEnvelope("x".repeat(300_000)));
  }
  recorder.close();
  expect(errors.map(String)).toEqual([
    `RecordingError: ${path}: cannot write to the file: ENOSPC: no space left on device, write`,
  ]);
});

test("a partial write is continued", async () => {
  const fs = await vi.importActual<typeof import("node:fs")>("node:fs");
  writes.mockImplementation(((file: number, bytes: Buffer, at: number) =>
    fs.writeSync(file, bytes, at, Math.min(10, bytes.length - at))) as typeof writeSync);
  const path = join(folder, "parts");
  const recorder = new EnvelopeRecorder({ path }, () => {});
  recorder.add(logEnvelope("hello"));
  recorder.close();
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ log: { payload: "aGVsbG8=" } });
});
