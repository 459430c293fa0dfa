import { type Envelope, logEnvelope, selectLog } from "@loggregator/api";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { expect, test } from "vitest";
import { GrpcClients } from "../testing/grpcClients.js";
import { emitLogs, text } from "../testing/reading.js";
import { startEmulator } from "./index.js";

const request = { selectors: [selectLog()], usePreferredTags: true };

test("kind: a burst of 200,000 envelopes reaches a gRPC and a gateway reader completely and in order", async () => {
  await using emulator = await startEmulator();
  await using clients = new GrpcClients(emulator);
  await using gateway = new RlpGatewayClient({ url: emulator.gateway.url, token: "any" });
  const count = 200_000;
  const numbers: [number[], number[]] = [[], []];
  const reading = [
    clients.egress.batchedReceiver(request),
    gateway.stream({ selectors: [selectLog()] }),
  ].map(async (batches, reader) => {
    for await (const batch of batches) {
      for (const envelope of "batch" in batch ? batch.batch : batch) {
        numbers[reader]?.push(Number(text(envelope)));
      }
      if (numbers[reader]?.length === count) {
        return;
      }
    }
  });
  await emulator.until(({ egressStreams }) => egressStreams === 2);
  for (let i = 0; i < count; i += 1) {
    emulator.emit(logEnvelope(String(100_000 + i), { sourceId: "app" }));
  }
  await Promise.all(reading);
  const expected = Array.from({ length: count }, (_, i) => 100_000 + i);
  expect(numbers[0]).toEqual(expected);
  expect(numbers[1]).toEqual(expected);
  expect(emulator.stats).toMatchObject({ received: count, delivered: 2 * count, dropped: 0 });
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

test("strict: 1,000 at once arrive completely; of 5,000, some thousands are lost and counted", async () => {
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
    'an egress stream of shard "" loses envelopes: more arrived at once than a real router buffers',
  ]);
});

test("realism must be a known value", async () => {
  await expect(startEmulator({ realism: "real" as never })).rejects.toThrow(
    'realism must be "kind" or "strict", got "real"',
  );
});
