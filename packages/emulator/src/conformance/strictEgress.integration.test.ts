// Router and RLP with `realism: "strict"`, one test for each fact that was observed of real ones.
import { once } from "node:events";
import {
  counterEnvelope,
  eventEnvelope,
  gaugeEnvelope,
  isEvent,
  logEnvelope,
  selectEvent,
  selectGauge,
  selectLog,
} from "@loggregator/api";
import { Status } from "nice-grpc";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GrpcClients } from "../../testing/grpcClients.js";
import { PingingConnection } from "../../testing/pings.js";
import { message } from "../../testing/protobuf.js";
import { framed } from "../../testing/rawCall.js";
import { emitLogs, readOne, text } from "../../testing/reading.js";
import { type Emulator, startEmulator } from "../index.js";

let emulator: Emulator;
let clients: GrpcClients;

beforeEach(async () => {
  emulator = await startEmulator({ realism: "strict", logger: null });
  clients = new GrpcClients(emulator);
});

afterEach(async () => {
  await clients[Symbol.asyncDispose]();
  await emulator.close();
});

const selectors = [selectLog()];

test("250 at once arrive as 1+100+1+99+1+48", async () => {
  const reader = await readOne(emulator, clients, { selectors });
  await clients.ingress.send({
    batch: Array.from({ length: 250 }, (_, i) => logEnvelope(String(i))),
  });
  const received = await reader.received(250);
  expect(reader.batchSizes).toEqual([1, 100, 1, 99, 1, 48]);
  expect(received.map(text)).toEqual(Array.from({ length: 250 }, (_, i) => String(i)));
});

test("no headers come before the first batch", async () => {
  using connection = await PingingConnection.open(emulator.egress.address, emulator.tls.egress);
  const call = connection.session.request({
    ":method": "POST",
    ":path": "/loggregator.v2.Egress/BatchedReceiver",
    "content-type": "application/grpc",
    te: "trailers",
  });
  call.on("error", () => {});
  const headers = once(call, "response");
  let hasHeaders = false;
  call.once("response", () => {
    hasHeaders = true;
  });
  call.end(framed(message([4, message([2, message()])])));
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  // The answer to the ping arrives after everything that the server sent before it.
  await connection.ping();
  expect(hasHeaders).toBe(false);
  emulator.emit(logEnvelope("hello"));
  expect((await headers)[0]).toMatchObject({ ":status": 200 });
});

describe("one envelope by Send", () => {
  test.each(["receiver", "batchedReceiver"] as const)(
    "arrives after 10 to 109 ms at a %s",
    async (method) => {
      const abort = new AbortController();
      const stream = clients.egress[method]({ selectors }, { signal: abort.signal });
      const iterator = (stream as AsyncIterable<unknown>)[Symbol.asyncIterator]();
      let next = iterator.next();
      await emulator.until(({ egressStreams }) => egressStreams === 1);
      const waits: number[] = [];
      // On a busy machine some may be late, but not all.
      while (waits.length < 20 && !waits.some((ms) => ms < 130)) {
        const begin = performance.now();
        await clients.ingress.send({ batch: [logEnvelope("hello")] });
        await next;
        waits.push(performance.now() - begin);
        next = iterator.next();
      }
      next.catch(() => {});
      abort.abort();
      expect(Math.min(...waits)).toBeLessThan(130);
      expect(Math.min(...waits)).toBeGreaterThan(8);
    },
  );
});

test("Receiver ignores deterministic names", async () => {
  const request = (deterministicName: string) => ({
    shardId: "s",
    deterministicName,
    selectors: [selectEvent()],
    legacySelector: undefined,
    usePreferredTags: true,
  });
  // By the hash of their name, all counters would go to one of the two streams.
  const counts = [0, 0];
  const abort = new AbortController();
  ["a", "b"].map(async (name, i) => {
    const stream = clients.egress.receiver(
      {
        ...request(name),
        selectors: [{ sourceId: "", message: { $case: "counter", value: { name: "" } } }],
      },
      { signal: abort.signal },
    );
    try {
      for await (const _ of stream) {
        counts[i] = (counts[i] as number) + 1;
      }
    } catch {
      // It is aborted below.
    }
  });
  await emulator.until(({ egressStreams }) => egressStreams === 2);
  for (let i = 0; i < 60; i += 1) {
    emulator.emit(counterEnvelope("requests"));
  }
  await emulator.until(({ delivered }) => delivered === 60);
  while ((counts[0] as number) + (counts[1] as number) < 60) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  abort.abort();
  // With a hash, all would go to one; at random, this happens once in 2^59 runs.
  expect(Math.min(...counts)).toBeGreaterThan(0);
});

describe("a gauge selector", () => {
  const gauge = (...names: string[]) =>
    gaugeEnvelope(Object.fromEntries(names.map((name) => [name, { value: 1, unit: "" }])), {
      sourceId: names.join() || "none",
    });
  const gauges = [gauge(), gauge("cpu"), gauge("cpu", "memory")];

  test.each([
    ["that names a metric twice matches nothing", ["cpu", "cpu"], []],
    ['with one name "" matches gauges without metrics', [""], ["none"]],
  ])("%s", async (_, names, expected) => {
    const reader = await readOne(emulator, clients, {
      selectors: [selectGauge({ names }), selectEvent()],
    });
    for (const envelope of [...gauges, eventEnvelope("end", "")]) {
      emulator.emit(envelope);
    }
    while (!reader.envelopes.some(isEvent)) {
      await reader.received(reader.envelopes.length + 1);
    }
    expect(reader.envelopes.slice(0, -1).map(({ sourceId }) => sourceId)).toEqual(expected);
  });
});

describe("the router", () => {
  test("drops 1,000 at a time if more arrive at once", async () => {
    const reader = await readOne(emulator, clients, { selectors });
    emitLogs(emulator, 1000);
    await reader.received(1000);
    expect(emulator.stats.dropped).toBe(0);
    emitLogs(emulator, 10_000);
    await emulator.until(({ delivered, dropped }) => delivered + dropped === 11_000);
    const { dropped } = emulator.stats;
    expect(dropped).toBeGreaterThan(0);
    expect(dropped % 1000).toBe(0);
  });

  test("restarted: streams stay open and silent until the RLP's next attempt", async () => {
    const reader = await readOne(emulator, clients, { selectors });
    const stopped = performance.now();
    emulator.faults.router.stop();
    emitLogs(emulator, 3);
    await emulator.until(({ dropped }) => dropped === 3);
    // Past the attempts after 1, 10 and 100 ms: the next one is after 1 s.
    await new Promise((resolve) => setTimeout(resolve, 150));
    emulator.faults.router.start();
    while (reader.envelopes.length === 0) {
      emitLogs(emulator, 1);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(performance.now() - stopped).toBeGreaterThan(990);
    expect(emulator.stats.egressStreams).toBe(1);
  });
});

test("a reader that does not read keeps the oldest and loses the newest", async () => {
  const slow = clients.egress.batchedReceiver({ selectors })[Symbol.asyncIterator]();
  const first = slow.next();
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  let emitted = 0;
  // The router passes envelopes on at this pace; the RLP's buffer of 10,000 fills up.
  while (emulator.stats.dropped < 300) {
    for (let i = 0; i < 100; i += 1) {
      emulator.emit(logEnvelope(`${emitted++} ${"x".repeat(1000)}`));
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const received: number[] = [];
  for (let batch = await first; !batch.done; batch = await slow.next()) {
    received.push(...batch.value.batch.map((envelope) => Number.parseInt(text(envelope), 10)));
    if (received.length >= 10_000) {
      break;
    }
  }
  await slow.return?.();
  expect(received).toEqual(Array.from({ length: received.length }, (_, i) => i));
});

test("the RLP stopped: streams end with OK, and new ones fail until it is started", async () => {
  const reader = await readOne(emulator, clients, { selectors });
  emulator.faults.rlp.stop();
  expect(await reader.ended).toBeUndefined();
  expect(await clients.read({ selectors }).ended).toMatchObject({ code: Status.UNAVAILABLE });
  emulator.faults.rlp.start();
  await emulator.until(({ egressStreams }) => egressStreams === 0);
  const again = new GrpcClients(emulator);
  again.read({ selectors });
  await emulator.until(({ egressStreams }) => egressStreams === 1);
  await again[Symbol.asyncDispose]();
});
