import {
  counterEnvelope,
  type EgressBatchRequest,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  selectAll,
  selectCounter,
  selectEvent,
  selectGauge,
  selectLog,
  timerEnvelope,
} from "@loggregator/api";
import { Status } from "nice-grpc";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GrpcClients, type Reader } from "../testing/grpcClients.js";
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

/** Opens streams one after the other, each subscribed before the next. */
async function read(...requests: Partial<EgressBatchRequest>[]): Promise<Reader[]> {
  const readers: Reader[] = [];
  for (const request of requests) {
    const { egressStreams } = emulator.stats;
    readers.push(clients.read(request));
    await emulator.until((stats) => stats.egressStreams === egressStreams + 1);
  }
  return readers;
}

async function readOne(request: Partial<EgressBatchRequest>): Promise<Reader> {
  const [reader] = await read(request);
  return reader as Reader;
}

function text({ message }: Envelope): string {
  return message?.$case === "log" ? new TextDecoder().decode(message.value.payload) : "";
}

function emitLogs(count: number, sourceId = "app"): void {
  for (let i = 0; i < count; i += 1) {
    emulator.emit(logEnvelope(String(i), { sourceId }));
  }
}

const end = eventEnvelope("end", "");

/** What a reader that also selects events got before the event that this emits. */
async function untilEnd(reader: Reader): Promise<Envelope[]> {
  emulator.emit(end);
  const isEnd = ({ message }: Envelope) => message?.$case === "event";
  for (let count = 1; !reader.envelopes.some(isEnd); count += 1) {
    await reader.received(count);
  }
  return reader.envelopes.filter((envelope) => !isEnd(envelope));
}

test("what goes in over gRPC comes out over gRPC, whole and in order", async () => {
  const reader = await readOne({ selectors: selectAll(), usePreferredTags: true });
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

  test.each<[string, Partial<EgressBatchRequest>, string]>([
    ["a request without selectors", {}, "Selectors cannot be empty"],
    ["a selector without a message", { selectors: [bare] }, "Selectors must have a Message"],
    [
      "one such selector among others",
      { selectors: [selectLog(), bare] },
      "Selectors must have a Message",
    ],
    [
      "a legacy selector without a message",
      { legacySelector: bare },
      "Selectors must have a Message",
    ],
  ])("%s with INVALID_ARGUMENT", async (_, request, details) => {
    const refusal = { code: Status.INVALID_ARGUMENT, details };
    expect(await clients.read(request).ended).toMatchObject(refusal);
    const single = clients.egress.receiver(request)[Symbol.asyncIterator]().next();
    await expect(single).rejects.toMatchObject(refusal);
    expect(emulator.stats.egressStreams).toBe(0);
  });

  test("the 501st stream with RESOURCE_EXHAUSTED, and takes another when one has ended", async () => {
    const readers = Array.from({ length: 500 }, () => clients.read({ selectors: [selectLog()] }));
    await emulator.until((stats) => stats.egressStreams === 500);
    const refusal = {
      code: Status.RESOURCE_EXHAUSTED,
      details: "unable to create stream, max egress streams reached: 500",
    };
    expect(await clients.read({ selectors: [selectLog()] }).ended).toMatchObject(refusal);

    await readers[0]?.stop();
    await emulator.until((stats) => stats.egressStreams === 499);
    await read({ selectors: [selectLog()] });
  });
});

describe("selectors", () => {
  test("source, counter name and exact set of gauge names choose what comes", async () => {
    const reader = await readOne({
      selectors: [
        selectLog({ sourceId: "a" }),
        selectCounter({ name: "requests" }),
        selectGauge({ names: ["cpu", "memory"] }),
        selectEvent(),
      ],
    });
    const value = { value: 1, unit: "" };
    emitLogs(1, "a");
    emitLogs(1, "b");
    emulator.emit(counterEnvelope("requests"));
    emulator.emit(counterEnvelope("errors"));
    emulator.emit(gaugeEnvelope({ cpu: value }));
    emulator.emit(gaugeEnvelope({ cpu: value, memory: value }));
    emulator.emit(gaugeEnvelope({ cpu: value, memory: value, disk: value }));
    emulator.emit(timerEnvelope("http", 1n, 2n));
    const received = await untilEnd(reader);
    expect(received.map(({ message }) => message?.$case)).toEqual(["log", "counter", "gauge"]);
  });

  test("two that match bring an envelope twice", async () => {
    const selectors = [selectLog(), selectLog({ sourceId: "app" }), selectEvent()];
    const reader = await readOne({ selectors });
    emitLogs(2);
    expect((await untilEnd(reader)).map(text)).toEqual(["0", "0", "1", "1"]);
  });

  test("the legacy selector is used where there are no others", async () => {
    const reader = await readOne({ legacySelector: selectLog() });
    emitLogs(1);
    expect((await reader.received(1)).map(text)).toEqual(["0"]);
  });

  test("the legacy selector is not used where there are others", async () => {
    const legacySelector = selectLog();
    const reader = await readOne({ legacySelector, selectors: [selectCounter(), selectEvent()] });
    emitLogs(1);
    emulator.emit(counterEnvelope("requests"));
    const received = await untilEnd(reader);
    expect(received.map(({ message }) => message?.$case)).toEqual(["counter"]);
  });
});

describe("shards", () => {
  test("without a shard id every stream gets every envelope", async () => {
    const request = { selectors: [selectLog()] };
    const readers = await read(request, request);
    emitLogs(150);
    for (const reader of readers) {
      const received = await reader.received(150);
      expect(received.map(text)).toEqual(Array.from({ length: 150 }, (_, i) => String(i)));
    }
  });

  test("the streams of a shard share its envelopes at random, none lost, none twice", async () => {
    const request = { shardId: "s", selectors: [selectLog()] };
    const readers = await read(request, request, request);
    emitLogs(300);
    await emulator.until((stats) => stats.delivered === 300);
    let received: Envelope[] = [];
    for (let count = 1; received.length < 300; count += 1) {
      await Promise.race(readers.map((reader) => reader.received(reader.envelopes.length + 1)));
      received = readers.flatMap((reader) => reader.envelopes);
      expect(count).toBeLessThanOrEqual(300);
    }
    expect(new Set(received.map(text)).size).toBe(300);
    for (const reader of readers) {
      // 100 each are expected; under 40 would come up once in 10^13 runs.
      expect(reader.envelopes.length).toBeGreaterThan(40);
    }
  });

  test("in one shard a stream of logs and one of counters get all of theirs", async () => {
    const shardId = "s";
    const [logs, counters] = await read(
      { shardId, selectors: [selectLog()] },
      { shardId, selectors: [selectCounter()] },
    );
    for (let i = 0; i < 20; i += 1) {
      emitLogs(1);
      emulator.emit(counterEnvelope("requests"));
    }
    expect(await logs?.received(20)).toHaveLength(20);
    expect(await counters?.received(20)).toHaveLength(20);
  });

  test("with deterministic names a counter always goes to the stream of its number", async () => {
    const request = { shardId: "s", selectors: [selectCounter()] };
    const [b, a] = await read(
      { ...request, deterministicName: "b" },
      { ...request, deterministicName: "a" },
    );
    // By Go's hash/crc64: "requests" mod 2 is 0, "größe" mod 2 is 1.
    for (let i = 0; i < 10; i += 1) {
      emulator.emit(counterEnvelope("requests"));
      emulator.emit(counterEnvelope("größe"));
    }
    const names = (envelopes: Envelope[] | undefined) =>
      new Set(envelopes?.map(({ message }) => message?.$case === "counter" && message.value.name));
    expect(names(await a?.received(10))).toEqual(new Set(["requests"]));
    expect(names(await b?.received(10))).toEqual(new Set(["größe"]));
  });
});

describe("tags", () => {
  const envelope: Envelope = {
    ...logEnvelope("hello", { tags: { new: "1" } }),
    deprecatedTags: { old: { data: { $case: "integer", value: 2n } } },
  };

  test("preferred: deprecated tags are folded into tags as text", async () => {
    const reader = await readOne({ selectors: [selectLog()], usePreferredTags: true });
    await clients.ingress.send({ batch: [envelope] });
    const [received] = await reader.received(1);
    expect(received).toMatchObject({ tags: { new: "1", old: "2" }, deprecatedTags: {} });
    expect(received?.deprecatedTags).toEqual({});
  });

  test("not preferred: tags become deprecated tags of text", async () => {
    const reader = await readOne({ selectors: [selectLog()] });
    await clients.ingress.send({ batch: [envelope] });
    const [received] = await reader.received(1);
    expect(received?.tags).toEqual({});
    expect(received?.deprecatedTags).toMatchObject({
      new: { data: { $case: "text", value: "1" } },
      old: { data: { $case: "integer", value: 2n } },
    });
  });
});

describe("batches", () => {
  test("hold up to 100 envelopes", async () => {
    const reader = await readOne({ selectors: [selectLog()] });
    emitLogs(250);
    await reader.received(250);
    expect(reader.batchSizes).toEqual([100, 100, 50]);
  });

  test("that are not full come after about 100 ms", async () => {
    const reader = await readOne({ selectors: [selectLog()] });
    const emitted = performance.now();
    emitLogs(1);
    await reader.received(1);
    const waited = performance.now() - emitted;
    expect(waited).toBeGreaterThan(90);
    expect(waited).toBeLessThan(1000);
  });

  test("have one place with single envelopes: Receiver brings the same one by one", async () => {
    const stream = clients.egress.receiver({ selectors: [selectLog()], usePreferredTags: true });
    const iterator = stream[Symbol.asyncIterator]();
    const first = iterator.next();
    await emulator.until((stats) => stats.egressStreams === 1);
    emitLogs(3);
    const received = [await first, await iterator.next(), await iterator.next()];
    expect(received.map(({ value }) => text(value))).toEqual(["0", "1", "2"]);
    await iterator.return?.();
    await emulator.until((stats) => stats.egressStreams === 0);
  });
});

test("a slow reader loses its oldest envelopes, counted, and slows nobody else", async () => {
  const selectors = [selectLog()];
  const slow = clients.egress.batchedReceiver({ selectors })[Symbol.asyncIterator]();
  const first = slow.next();
  await emulator.until((stats) => stats.egressStreams === 1);
  const fast = await readOne({ selectors });

  const padding = "x".repeat(4000);
  let emitted = 0;
  // Rounds of a full batch, until transport and buffer of the one that does not read are full.
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
  expect(numbers(fast.envelopes)).toEqual(Array.from({ length: emitted }, (_, i) => i));

  const received: number[] = [];
  for (let batch = await first; !batch.done; batch = await slow.next()) {
    received.push(...numbers(batch.value.batch));
    if (received.at(-1) === emitted - 1) {
      break;
    }
  }
  await slow.return?.();
  expect(received.length).toBe(emitted - dropped);
  expect(received).toEqual([...received].sort((a, b) => a - b));
  expect(received.slice(-1000)).toEqual(Array.from({ length: 1000 }, (_, i) => emitted - 1000 + i));
  expect(emulator.stats.dropped).toBe(dropped);
});

test("a reader that goes away frees its stream", async () => {
  const reader = await readOne({ shardId: "s", selectors: [selectLog()] });
  const staying = await readOne({ shardId: "s", selectors: [selectLog()] });
  await reader.stop();
  await emulator.until((stats) => stats.egressStreams === 1);
  emitLogs(20);
  expect(await staying.received(20)).toHaveLength(20);
});
