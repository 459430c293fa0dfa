import { type Envelope, logEnvelope, selectLog } from "@loggregator/api";
import { expect, test } from "vitest";
import { GrpcClients } from "../testing/grpcClients.js";
import { emitLogs, text } from "../testing/reading.js";
import { startEmulator } from "./index.js";

const request = { selectors: [selectLog()], usePreferredTags: true };

test("kind: a burst of 200,000 envelopes reaches a reader completely and in order", async () => {
  await using emulator = await startEmulator();
  await using clients = new GrpcClients(emulator);
  const reader = clients.read(request);
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  const count = 200_000;
  for (let i = 0; i < count; i += 1) {
    const envelope = logEnvelope(`a log line of some length, which is number ${i} of its app`, {
      sourceId: "7ef1ad1f-9a6b-4b4f-8a3e-1f1d0f4c2a11",
      instanceId: "0",
      tags: { source_type: "APP/PROC/WEB", origin: "rep" },
    });
    emulator.emit(envelope);
  }
  const received = await reader.received(count);
  expect(received.map((envelope) => Number(/number (\d+)/.exec(text(envelope))?.[1]))).toEqual(
    Array.from({ length: count }, (_, i) => i),
  );
  expect(emulator.stats).toMatchObject({ received: count, delivered: count, dropped: 0 });
}, 120_000);

test("kind: full batches of 100 are sent at once, the rest after 100 ms", async () => {
  await using emulator = await startEmulator();
  await using clients = new GrpcClients(emulator);
  const reader = clients.read(request);
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  emitLogs(emulator, 250);
  await reader.received(250);
  expect(reader.batchSizes).toEqual([100, 100, 50]);
  const waits: number[] = [];
  // Others on the machine may make it late, but not each time.
  while (waits.length < 10 && !waits.some((ms) => ms < 300)) {
    const emitted = performance.now();
    emitLogs(emulator, 1);
    await reader.received(251 + waits.length);
    waits.push(performance.now() - emitted);
  }
  expect(Math.min(...waits)).toBeGreaterThan(90);
  expect(Math.min(...waits)).toBeLessThan(300);
});

test("strict: 1,000 at once arrive completely, of 5,000 some thousands are lost and counted", async () => {
  const warnings: string[] = [];
  const logger = { debug() {}, info() {}, error() {}, warn: (line: string) => warnings.push(line) };
  await using emulator = await startEmulator({ realism: "strict", logger });
  await using clients = new GrpcClients(emulator);
  const reader = clients.read(request);
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  emitLogs(emulator, 1000);
  expect(await reader.received(1000)).toHaveLength(1000);
  expect(emulator.stats.dropped).toBe(0);

  emitLogs(emulator, 5000, "burst");
  const last = (envelopes: readonly Envelope[]) => envelopes.at(-1);
  while (text(last(reader.envelopes) as Envelope) !== "4999") {
    await reader.received(reader.envelopes.length + 1);
  }
  const { dropped, delivered } = emulator.stats;
  expect(delivered + dropped).toBe(6000);
  expect(dropped).toBeGreaterThan(0);
  expect(dropped % 1000).toBe(0);
  expect(reader.envelopes).toHaveLength(delivered);
  expect(warnings).toEqual([
    'an egress stream of shard "" loses envelopes: more came at once than a real router buffers',
  ]);
});

test("realism is one of two words", async () => {
  await expect(startEmulator({ realism: "real" as never })).rejects.toThrow(
    'realism must be "kind" or "strict", got "real"',
  );
});
