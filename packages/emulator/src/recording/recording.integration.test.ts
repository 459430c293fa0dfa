import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  counterEnvelope,
  type Envelope,
  formatEnvelope,
  isLog,
  isTimer,
  logEnvelope,
  logText,
  timerEnvelope,
} from "@loggregator/api";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { Emulator } from "../emulator.js";
import { startEmulator } from "../startEmulator.js";

const folder = mkdtempSync(join(tmpdir(), "loggregator-recording-"));
let files = 0;
const newPath = () => join(folder, `${files++}.ndjson`);
const write = (...lines: readonly (Envelope | string)[]) => {
  const path = newPath();
  const text = lines.map((line) => (typeof line === "string" ? line : `${formatEnvelope(line)}\n`));
  writeFileSync(path, text.join(""));
  return path;
};

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const second = 1_000_000_000n;
const at = (seconds: number) => BigInt(seconds) * second;

describe("record", () => {
  test("writes each envelope as it left the agent, and replay emits the same ones", async () => {
    const path = newPath();
    const recorded = await startEmulator({ record: { path } });
    recorded.emit(logEnvelope("one\n\x00", { sourceId: "a", timestamp: at(1) }));
    recorded.emit(counterEnvelope("requests", { sourceId: "a", timestamp: at(1) }));
    recorded.emit(counterEnvelope("requests", { sourceId: "a", timestamp: at(1) }));
    expect(recorded.recording).toMatchObject({ path, envelopes: 3 });
    const envelopes = recorded.envelopes();
    await recorded.close();
    expect(readFileSync(path, "utf8").trimEnd().split("\n")).toEqual(
      envelopes.map((envelope) => formatEnvelope(envelope, { emitUnpopulated: true })),
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);

    await using emulator = await startEmulator();
    const result = await emulator.replay(path, { timestamps: "recorded" });
    expect(result).toEqual({ envelopes: 3, incomplete: false });
    expect(emulator.envelopes()).toEqual(envelopes);
  });

  test("writes bursts and closes completely", async () => {
    const path = newPath();
    const emulator = await startEmulator({ record: { path }, logCache: { maxPerSource: 1 } });
    for (let i = 0; i < 3000; i += 1) {
      emulator.emit(logEnvelope(`${i} ${"x".repeat(200)}`));
    }
    await emulator.close();
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(3000);
    expect(JSON.parse(lines[2999] ?? "").log.payload).toMatch(/^Mjk5OS/);
  });

  test("does not overwrite a file, and reports the reason", async () => {
    const path = write("mine");
    await expect(startEmulator({ record: { path } })).rejects.toMatchObject({
      name: "RecordingError",
      path,
      message: `${path}: the file exists; choose another path, or remove it`,
    });
    expect(readFileSync(path, "utf8")).toBe("mine");
    const nowhere = join(folder, "nowhere", "x");
    await expect(startEmulator({ record: { path: nowhere } })).rejects.toThrow(
      "cannot create the file: ENOENT",
    );
  });

  test.each([
    [{}, "record.path must be a non-empty string, got undefined"],
    [{ path: "" }, 'record.path must be a non-empty string, got ""'],
    [{ file: "x" }, 'unknown option "record.file"'],
  ])("refuses %j", async (record, message) => {
    await expect(startEmulator({ record: record as never })).rejects.toThrow(message);
  });
});

describe("replay", () => {
  let emulator: Emulator;
  const texts = () => emulator.envelopes().filter(isLog).map(logText);

  beforeEach(async () => {
    emulator = await startEmulator({ logger: null });
    return () => emulator.close();
  });

  test("keeps intervals, divided by the speed, starting now", async () => {
    const path = write(
      logEnvelope("one", { timestamp: at(100) }),
      timerEnvelope("http", at(101) - 5n, at(101), { timestamp: at(101) }),
      logEnvelope("two", { timestamp: at(102) }),
    );
    const begin = performance.now();
    const startTime = BigInt(Date.now()) * 1_000_000n;
    await emulator.replay(path, { speed: 20 });
    expect(performance.now() - begin).toBeGreaterThan(95);
    const [one, timer, two] = emulator.envelopes();
    expect((two?.timestamp ?? 0n) - (one?.timestamp ?? 0n)).toBe(second / 10n);
    expect((one?.timestamp ?? 0n) - startTime).toBeLessThan(60n * second);
    expect(one?.timestamp).toBeGreaterThanOrEqual(startTime);
    const { start = 0n, stop } = timer !== undefined && isTimer(timer) ? timer.message.value : {};
    expect(stop).toBe(timer?.timestamp);
    expect((stop ?? 0n) - start).toBe(5n);
  });

  test("keeps the order of the file, and skips intervals of more than an hour", async () => {
    const path = write(
      logEnvelope("zero", { timestamp: 0n }),
      logEnvelope("later", { timestamp: at(1_000_000_000) }),
      logEnvelope("earlier", { timestamp: at(999_999_999) }),
      logEnvelope("wrong", { timestamp: at(9_000_000_000) }),
      logEnvelope("right", { timestamp: at(999_999_999) }),
    );
    await emulator.replay(path);
    expect(texts()).toEqual(["zero", "later", "earlier", "wrong", "right"]);
    const times = emulator.envelopes().map(({ timestamp }) => Number(timestamp / 1_000_000n));
    expect(Math.max(...times) - Math.min(...times)).toBe(1000);
  });

  test("accepts the output of tail --json, empty lines and no last line end", async () => {
    const path = write('{"log":{"payload":"YQ=="}}\n\n', '{"log":{"payload":"Yg=="}}\r\n');
    writeFileSync(path, '{"log":{"payload":"Yw=="}}', { flag: "a" });
    expect(await emulator.replay(path)).toEqual({ envelopes: 3, incomplete: false });
  });

  test("ignores an incomplete last line, and logs it", async () => {
    const warnings: string[] = [];
    const ignore = () => {};
    const logger = {
      debug: ignore,
      info: ignore,
      error: ignore,
      warn: (text: string) => warnings.push(text),
    };
    await using other = await startEmulator({ logger });
    const path = write(logEnvelope("one"), '{"timestamp":"17');
    expect(await other.replay(path)).toEqual({ envelopes: 1, incomplete: true });
    expect(warnings).toEqual([
      expect.stringContaining(`the last line of the recording is incomplete and is ignored`),
    ]);
    expect(warnings[0]).toContain(`${path}:2`);
  });

  test("reports the line that is not an envelope", async () => {
    const path = write(logEnvelope("one"), "not JSON\n", logEnvelope("two"));
    await expect(emulator.replay(path)).rejects.toMatchObject({
      name: "RecordingError",
      path,
      line: 2,
    });
    expect(texts()).toEqual(["one"]);
    const two = write("{},{}\n");
    await expect(emulator.replay(two)).rejects.toThrow(
      `${two}:1: the line must be one envelope as JSON`,
    );
    await expect(emulator.replay(join(folder, "none"))).rejects.toThrow(
      "cannot read the file: ENOENT",
    );
  });

  const jsonl =
    '{"time":"2026-01-31T12:00:00Z","type":"log","source_id":"a","instance_id":"","text":"x","tags":{}}';

  test.each([
    ["{}", "the line must be an envelope with a log, counter, gauge, timer or event"],
    [
      '{"hello":"world"}',
      "the line must be an envelope with a log, counter, gauge, timer or event",
    ],
    [jsonl, "the line was written with --output jsonl; record with --output json"],
  ])("rejects %s, also in the last line", async (line, message) => {
    for (const end of ["\n", ""]) {
      const path = write(logEnvelope("one"), `${line}${end}`);
      await expect(emulator.replay(path)).rejects.toMatchObject({
        name: "RecordingError",
        line: 2,
        message: expect.stringContaining(message),
      });
    }
  });

  test("replays a recorded envelope without a message", async () => {
    const { message: _, ...empty } = logEnvelope("one", { sourceId: "a", timestamp: at(1) });
    const path = write(`${formatEnvelope(empty as Envelope, { emitUnpopulated: true })}\n`);
    await emulator.replay(path, { timestamps: "recorded" });
    expect(emulator.envelopes()).toMatchObject([{ sourceId: "a", message: undefined }]);
  });

  test("ends when the signal aborts or the emulator closes", async () => {
    const path = write(
      logEnvelope("one", { timestamp: 0n }),
      logEnvelope("two", { timestamp: at(1800) }),
    );
    const ending = new AbortController();
    const aborted = emulator.replay(path, { signal: ending.signal });
    const closed = emulator.replay(path);
    await emulator.until(({ received }) => received === 2);
    ending.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    const expectation = expect(closed).rejects.toMatchObject({ name: "EmulatorClosedError" });
    await emulator.close();
    await expectation;
  });

  test.each([
    [{ speed: 0 }, "speed must be a positive number, got 0"],
    [{ speed: "2" }, 'speed must be a positive number, got "2"'],
    [{ speed: Number.POSITIVE_INFINITY }, "speed must be a positive number, got Infinity"],
    [{ timestamps: "now" }, 'timestamps must be "shifted" or "recorded", got "now"'],
    [{ sped: 1 }, 'unknown option "sped"; did you mean "speed"?'],
  ])("refuses %j", async (options, message) => {
    await expect(emulator.replay(write(), options as never)).rejects.toThrow(message);
  });
});
