import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gaugeEnvelope, logEnvelope } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { describe, expect, test } from "vitest";
import { Example } from "./testing/example.js";

describe("follow-apps", () => {
  test("continues its file after a restart, without loss or repetition", async () => {
    await using emulator = await startEmulator({
      gateway: { tokens: { token: ["app-1", "app-2"] } },
    });
    const folder = await mkdtemp(join(tmpdir(), "loggregator-follow-"));
    const path = join(folder, "apps.log");
    const env = {
      LOGGREGATOR_LOG_CACHE_URL: emulator.logCache.url,
      CF_TOKEN: "token",
      LOGGREGATOR_SOURCE_IDS: "app-1,app-2",
      LOG_FILE: path,
    };
    const stored = async () => {
      const text = await readFile(`${path}.progress`, "utf8").catch(() => "{}");
      return Object.keys(JSON.parse(text).checkpoint?.sources ?? {});
    };
    const lines = async () =>
      (await readFile(path, "utf8").catch(() => "")).split("\n").slice(0, -1);
    const emit = (number: number) =>
      emulator.emit(logEnvelope(`${number}`, { sourceId: `app-${(number % 2) + 1}` }));
    try {
      let emitted = 0;
      // The first run has nothing to append.
      for (const end of [0, 20, 40]) {
        await using example = new Example("follow-apps.js", env);
        await expect.poll(stored, { timeout: 30_000 }).toEqual(["app-1", "app-2"]);
        while (emitted < end) {
          emit(emitted++);
        }
        await expect.poll(lines, { timeout: 30_000 }).toHaveLength(emitted);
        expect(await example.interrupt()).toBe(0);
        // While it does not run.
        emit(emitted++);
      }
      const texts = (await lines()).map((line) => Number(line.split(" ").at(-1)));
      expect(texts).toEqual(Array.from({ length: 40 }, (_, number) => number));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("autoscaler-query", () => {
  test("computes the number of instances, and keeps it without data", async () => {
    await using emulator = await startEmulator({ gateway: { tokens: { token: ["my-app"] } } });
    const env = {
      LOGGREGATOR_LOG_CACHE_URL: emulator.logCache.url,
      CF_TOKEN: "token",
      LOGGREGATOR_SOURCE_ID: "my-app",
    };
    await using without = new Example("autoscaler-query.js", env);
    await without.printed(/^no data: keep/);
    for (const instanceId of ["0", "1"]) {
      const timestamp = new Date(Date.now() - 5_000);
      emulator.emit(
        gaugeEnvelope(
          { cpu: { value: 60, unit: "percentage" } },
          { sourceId: "my-app", instanceId, timestamp },
        ),
      );
    }
    await using example = new Example("autoscaler-query.js", env);
    await example.printed(/^2 instances, 120\.0 % in total: 3 needed$/);
    expect(await example.ended()).toBe(0);
  });
});
