import {
  counterEnvelope,
  type EgressBatchRequest,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  selectAll,
  selectLog,
  timerEnvelope,
} from "@loggregator/api";
import { Status } from "nice-grpc";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GrpcClients } from "../testing/grpcClients.js";
import { emitLogs, read, readOne, text } from "../testing/reading.js";
import { type Emulator, startEmulator } from "./index.js";

let emulator: Emulator;
let clients: GrpcClients;

beforeEach(async () => {
  emulator = await startEmulator({ bufferSize: 1000 });
  clients = new GrpcClients(emulator);
});

afterEach(async () => {
  await clients[Symbol.asyncDispose]();
  await emulator.close();
});

test("delivers envelopes sent over gRPC to a gRPC reader, completely and in order", async () => {
  const reader = await readOne(emulator, clients, {
    selectors: selectAll(),
    usePreferredTags: true,
  });
  const tags = JSON.parse('{"__proto__":"x","ö":""}');
  const batch = [
    logEnvelope("line", { sourceId: "s", instanceId: "i", tags, stream: "stdout" }),
    counterEnvelope("requests", { sourceId: "s", total: 2n ** 64n - 1n, tags }),
    gaugeEnvelope({ cpu: { value: -0.5, unit: "%" } }, { sourceId: "s", tags }),
    timerEnvelope("http", 1n, 2n ** 62n, { sourceId: "s", tags }),
    eventEnvelope("title", "body", { sourceId: "s", tags }),
  ];
  await clients.ingress.send({ batch });
  const received = await reader.received(5);
  expect(received).toMatchObject(batch);
  for (const envelope of received) {
    expect(Object.keys(envelope.tags)).toEqual(["__proto__", "ö"]);
  }
});

describe("refuses", () => {
  const bare = { sourceId: "app", message: undefined };

  test.each<[string, Partial<EgressBatchRequest>]>([
    ["a selector without a message among others", { selectors: [selectLog(), bare] }],
    ["a legacy selector without a message", { legacySelector: bare }],
  ])("%s", async (_, request) => {
    expect(await clients.read(request).ended).toMatchObject({
      code: Status.INVALID_ARGUMENT,
      details: "Selectors must have a Message",
    });
    expect(emulator.stats.egressStreams).toBe(0);
  });

  test("the 501st stream, and accepts another when one has ended", async () => {
    const readers = Array.from({ length: 500 }, () => clients.read({ selectors: [selectLog()] }));
    await emulator.until((stats) => stats.egressStreams === 500);
    expect(await clients.read({ selectors: [selectLog()] }).ended).toMatchObject({
      code: Status.RESOURCE_EXHAUSTED,
      details: "unable to create stream, max egress streams reached: 500",
    });

    await readers[0]?.stop();
    await emulator.until((stats) => stats.egressStreams === 499);
    await read(emulator, clients, { selectors: [selectLog()] });
  });
});

test("Receiver delivers envelopes one by one", async () => {
  const stream = clients.egress.receiver({ selectors: [selectLog()], usePreferredTags: true });
  const iterator = stream[Symbol.asyncIterator]();
  const first = iterator.next();
  await emulator.until((stats) => stats.egressStreams === 1);
  emitLogs(emulator, 3);
  const received = [await first, await iterator.next(), await iterator.next()];
  expect(received.map(({ value }) => text(value))).toEqual(["0", "1", "2"]);
  await iterator.return?.();
  await emulator.until((stats) => stats.egressStreams === 0);
});

test("a reader that does not read keeps its oldest envelopes and loses the newest, which are counted", async () => {
  const selectors = [selectLog()];
  const slow = clients.egress.batchedReceiver({ selectors })[Symbol.asyncIterator]();
  const first = slow.next();
  await emulator.until((stats) => stats.egressStreams === 1);
  const fast = await readOne(emulator, clients, { selectors });

  const padding = "x".repeat(4000);
  let emitted = 0;
  // Rounds of a full batch, until the transport and the buffer of the slow reader are full.
  for (let round = 0; round < 1000 && emulator.stats.dropped < 500; round += 1) {
    for (let i = 0; i < 100; i += 1) {
      emulator.emit(logEnvelope(`${emitted} ${padding}`));
      emitted += 1;
    }
    await fast.received(emitted);
  }
  const { dropped } = emulator.stats;
  expect(dropped).toBeGreaterThanOrEqual(500);
  const numbers = (envelopes: Envelope[]) =>
    envelopes.map((envelope) => Number.parseInt(text(envelope), 10));
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
  // The slow reader does not delay others.
  expect(numbers(fast.envelopes)).toEqual(upTo(emitted));

  const kept = emitted - dropped;
  const received: number[] = [];
  for (let batch = await first; !batch.done; batch = await slow.next()) {
    received.push(...numbers(batch.value.batch));
    if (received.length >= kept) {
      break;
    }
  }
  await slow.return?.();
  expect(received).toEqual(upTo(kept));
  expect(emulator.stats.dropped).toBe(dropped);
});

test("a reader that disconnects frees its stream", async () => {
  const reader = await readOne(emulator, clients, { shardId: "s", selectors: [selectLog()] });
  const staying = await readOne(emulator, clients, { shardId: "s", selectors: [selectLog()] });
  await reader.stop();
  await emulator.until((stats) => stats.egressStreams === 1);
  emitLogs(emulator, 20);
  expect(await staying.received(20)).toHaveLength(20);
});
