// Egress as docs/protocol.md describes it, one test for each fact.
import {
  counterEnvelope,
  type EgressBatchRequest,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  selectCounter,
  selectEvent,
  selectGauge,
  selectLog,
  selectTimer,
  timerEnvelope,
} from "@loggregator/api";
import { Status } from "nice-grpc";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { GrpcClients } from "../../testing/grpcClients.js";
import { emitLogs, read, readOne, text } from "../../testing/reading.js";
import { type Emulator, startEmulator } from "../index.js";

let emulator: Emulator;
let clients: GrpcClients;

beforeAll(async () => {
  emulator = await startEmulator({ realism: "strict", logger: null });
});

beforeEach(() => {
  clients = new GrpcClients(emulator);
});

afterEach(async () => {
  await clients[Symbol.asyncDispose]();
  await emulator.until(({ egressStreams }) => egressStreams === 0);
});

afterAll(async () => {
  await emulator.close();
});

/**
 * Returns the names of the envelopes that arrive. The final event is selected in addition, to mark
 * the end.
 */
async function select(
  request: Partial<EgressBatchRequest>,
  ...envelopes: Envelope[]
): Promise<string[]> {
  const selectors = [...(request.selectors ?? []), selectEvent()];
  const reader = await readOne(emulator, clients, { ...request, selectors });
  envelopes.forEach(emulator.emit);
  emulator.emit(eventEnvelope("end", ""));
  for (let count = 1; names(reader.envelopes).at(-1) !== "event"; count += 1) {
    await reader.received(count);
  }
  return names(reader.envelopes.slice(0, -1));
}

function names(envelopes: readonly Envelope[]): string[] {
  return envelopes.map(({ sourceId, message }) => {
    switch (message?.$case) {
      case "counter":
        return message.value.name;
      case "gauge":
        return Object.keys(message.value.metrics).join();
      default:
        return sourceId || String(message?.$case);
    }
  });
}

function gauge(...metrics: string[]): Envelope {
  const value = { value: 1, unit: "" };
  return gaugeEnvelope(Object.fromEntries(metrics.map((name) => [name, value])));
}

describe("refusals", () => {
  const bare = { sourceId: "app", message: undefined };

  test.each<[string, Partial<EgressBatchRequest>, string]>([
    ["no selectors", {}, "Selectors cannot be empty"],
    ["a selector without a message", { selectors: [bare] }, "Selectors must have a Message"],
  ])("%s: INVALID_ARGUMENT", async (_, request, details) => {
    const refusal = { code: Status.INVALID_ARGUMENT, details };
    expect(await clients.read(request).ended).toMatchObject(refusal);
    const single = clients.egress.receiver(request)[Symbol.asyncIterator]().next();
    await expect(single).rejects.toMatchObject(refusal);
  });

  test("over 500 streams: RESOURCE_EXHAUSTED", async () => {
    const selectors = [selectLog()];
    for (let i = 0; i < 500; i += 1) {
      clients.read({ selectors });
    }
    await emulator.until((stats) => stats.egressStreams === 500);
    expect(await clients.read({ selectors }).ended).toMatchObject({
      code: Status.RESOURCE_EXHAUSTED,
    });
  });
});

describe("shards", () => {
  test("with a shard id each envelope goes to one of its streams, chosen at random", async () => {
    const request = { shardId: "s", selectors: [selectLog()] };
    const readers = await read(emulator, clients, request, request, request);
    const before = emulator.stats.delivered;
    emitLogs(emulator, 300);
    await emulator.until((stats) => stats.delivered === before + 300);
    let received: Envelope[] = [];
    while (received.length < 300) {
      const { length: count } = received;
      await Promise.race(readers.map((reader) => reader.received(reader.envelopes.length + 1)));
      received = readers.flatMap((reader) => reader.envelopes);
      expect(received.length).toBeGreaterThan(count);
    }
    expect(new Set(received.map(text)).size).toBe(300);
    expect(received).toHaveLength(300);
    for (const reader of readers) {
      // Each stream should receive about 100. Fewer than 40 occur once in 10^13 runs.
      expect(reader.envelopes.length).toBeGreaterThan(40);
    }
  });

  test("without a shard id every stream gets every matching envelope", async () => {
    const request = { selectors: [selectLog()] };
    const readers = await read(emulator, clients, request, request);
    emitLogs(emulator, 150);
    for (const reader of readers) {
      const received = await reader.received(150);
      expect(received.map(text)).toEqual(Array.from({ length: 150 }, (_, i) => String(i)));
    }
  });

  test("sharding is per selector: a stream of logs and one of counters each get all of theirs", async () => {
    const shardId = "s";
    const [logs, counters] = await read(
      emulator,
      clients,
      { shardId, selectors: [selectLog()] },
      { shardId, selectors: [selectCounter()] },
    );
    for (let i = 0; i < 20; i += 1) {
      emitLogs(emulator, 1);
      emulator.emit(counterEnvelope("requests"));
    }
    expect(await logs?.received(20)).toHaveLength(20);
    expect(await counters?.received(20)).toHaveLength(20);
  });
});

describe("deterministic names determine the order of streams:", () => {
  /**
   * Returns the envelopes of three streams in the order of their names, which differs from the
   * order in which they are opened.
   */
  async function route(...envelopes: Envelope[]): Promise<Set<string>[]> {
    const request = {
      shardId: "s",
      selectors: [selectCounter(), selectGauge(), selectLog()],
    };
    const readers = await read(
      emulator,
      clients,
      { ...request, deterministicName: "c" },
      { ...request, deterministicName: "a" },
      { ...request, deterministicName: "b" },
    );
    const before = emulator.stats.delivered;
    envelopes.forEach(emulator.emit);
    await emulator.until((stats) => stats.delivered === before + envelopes.length);
    const all = () => readers.flatMap((reader) => reader.envelopes);
    while (all().length < envelopes.length) {
      await Promise.race(readers.map((reader) => reader.received(reader.envelopes.length + 1)));
    }
    const [c, a, b] = readers.map((reader) => new Set(names(reader.envelopes)));
    return [a, b, c] as Set<string>[];
  }

  // The numbers are those of Go's hash/crc64 with its table crc64.ECMA.
  test("a counter goes to stream number CRC-64/ECMA of its name mod number of streams", async () => {
    const counters = ["errors", "requests", "memory", "größe"].map((name) => counterEnvelope(name));
    expect(await route(...counters, ...counters)).toEqual([
      new Set(["errors"]),
      new Set(["requests", "größe"]),
      new Set(["memory"]),
    ]);
  });

  test("a gauge goes to the sum of the CRC-64/ECMA of its metric names mod number of streams", async () => {
    const gauges = [gauge("cpu"), gauge("memory"), gauge("cpu", "memory"), gauge("größe", "disk")];
    expect(await route(...gauges, ...gauges)).toEqual([
      new Set(["cpu"]),
      new Set(["größe,disk"]),
      new Set(["memory", "cpu,memory"]),
    ]);
  });

  test("other types are distributed at random", async () => {
    const streams = await route(...Array.from({ length: 100 }, () => logEnvelope("hello")));
    expect(streams).toEqual([new Set(["log"]), new Set(["log"]), new Set(["log"])]);
  });
});

describe("selectors", () => {
  test("are separate subscriptions: an envelope that matches two is delivered twice", async () => {
    const log = logEnvelope("hello", { sourceId: "app" });
    const selectors = [selectLog(), selectLog({ sourceId: "app" })];
    expect(await select({ selectors }, log)).toEqual(["app", "app"]);
  });

  test("a counter selector with a name: exactly that name", async () => {
    const counters = ["requests", "errors", "requests.total"].map((name) => counterEnvelope(name));
    const selectors = [selectCounter({ name: "requests" })];
    expect(await select({ selectors }, ...counters)).toEqual(["requests"]);
  });

  const gauges = [gauge("cpu"), gauge("cpu", "memory"), gauge("cpu", "memory", "disk")];

  test("a gauge selector with names: only gauges whose set of names is exactly that", async () => {
    const selectors = [selectGauge({ names: ["memory", "cpu"] })];
    expect(await select({ selectors }, ...gauges)).toEqual(["cpu,memory"]);
  });

  test("a gauge selector without names: all gauges", async () => {
    expect(await select({ selectors: [selectGauge()] }, ...gauges)).toEqual([
      "cpu",
      "cpu,memory",
      "cpu,memory,disk",
    ]);
  });

  test("source_id empty: all sources", async () => {
    const logs = ["a", "b"].map((sourceId) => logEnvelope("hello", { sourceId }));
    expect(await select({ selectors: [selectLog()] }, ...logs)).toEqual(["a", "b"]);
    const selectors = [selectLog({ sourceId: "b" })];
    expect(await select({ selectors }, ...logs)).toEqual(["b"]);
  });

  test("a legacy selector is used only where no selectors are given", async () => {
    const legacySelector = selectLog();
    const reader = await readOne(emulator, clients, { legacySelector });
    const timer = timerEnvelope("http", 1n, 2n);
    expect(
      await select({ legacySelector, selectors: [selectTimer()] }, logEnvelope("0"), timer),
    ).toEqual(["timer"]);
    expect((await reader.received(1)).map(text)).toEqual(["0"]);
  });
});

describe("use_preferred_tags", () => {
  const envelope: Envelope = {
    ...logEnvelope("hello", { tags: { new: "1" } }),
    deprecatedTags: { old: { data: { $case: "integer", value: 2n } } },
  };

  test("true: deprecated_tags are folded into tags as text", async () => {
    const reader = await readOne(emulator, clients, {
      selectors: [selectLog()],
      usePreferredTags: true,
    });
    await clients.ingress.send({ batch: [envelope] });
    const [received] = await reader.received(1);
    expect(received?.tags).toEqual({ new: "1", old: "2" });
    expect(received?.deprecatedTags).toEqual({});
  });

  test("false: tags become deprecated_tags of text", async () => {
    const reader = await readOne(emulator, clients, { selectors: [selectLog()] });
    await clients.ingress.send({ batch: [envelope] });
    const [received] = await reader.received(1);
    expect(received?.tags).toEqual({});
    expect(received?.deprecatedTags).toMatchObject({
      new: { data: { $case: "text", value: "1" } },
      old: { data: { $case: "text", value: "2" } },
    });
  });
});
