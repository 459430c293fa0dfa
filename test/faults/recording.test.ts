import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, truncateSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Envelope } from "@loggregator/api";
import { scenarioEnvelopes, startEmulator } from "@loggregator/emulator";
import { afterAll, expect, onTestFinished, test } from "vitest";

const program = join(createRequire(import.meta.url).resolve("loggregator"), "../bin.js");
const folder = mkdtempSync(join(tmpdir(), "loggregator-recording-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An envelope without its times, which differ from run to run. */
function contentOf({ sourceId, instanceId, tags, message }: Envelope): string {
  const metrics = message?.$case === "gauge" ? message.value.metrics : {};
  const sortedMetrics = Object.entries(metrics)
    .map(([name, { value, unit }]) => [name, value, unit])
    .sort();
  const names = Object.keys(tags).sort();
  const sorted = names.map((name) => [name, tags[name]]);
  return JSON.stringify([sourceId, instanceId, sorted, message?.$case, sortedMetrics]);
}

test.each([1, 2, 3])(
  "a recording that was killed is a prefix of the traffic (run %i)",
  async (run) => {
    const path = join(folder, `${run}.ndjson`);
    const options = ["--scenario", "--rate", "5000", "--seed", String(run)];
    const recording = spawn(process.execPath, [program, "emulate", "--record", path, ...options], {
      stdio: "ignore",
    });
    onTestFinished(() => void recording.kill("SIGKILL"));
    const exited = once(recording, "exit");
    while ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < run * 500_000) {
      expect(recording.exitCode).toBe(null);
      await wait(20);
    }
    recording.kill("SIGKILL");
    await exited;
    // The system may have written a part of the last line.
    truncateSync(path, statSync(path).size - 7);

    const replayed: string[] = [];
    await using emulator = await startEmulator({
      logger: null,
      onEnvelope: (envelope) => replayed.push(contentOf(envelope)),
    });
    const { envelopes, incomplete } = await emulator.replay(path, { speed: 100 });
    expect(incomplete).toBe(true);
    expect(envelopes).toBeGreaterThan(300);
    const traffic = scenarioEnvelopes({ rate: 5000, seed: run });
    const sent = Array.from({ length: envelopes }, () => contentOf(traffic.next().value));
    expect(sent.findIndex((content, index) => content !== replayed[index])).toBe(-1);
    expect(replayed).toHaveLength(envelopes);
  },
);
