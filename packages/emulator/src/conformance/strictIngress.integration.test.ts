// The agent with `realism: "strict"`, one test for each fact that was observed of the real one.
import { gzipSync } from "node:zlib";
import {
  counterEnvelope,
  type Envelope,
  EnvelopeBatch,
  isCounter,
  isLog,
  logEnvelope,
  selectCounter,
  selectLog,
  type Value,
} from "@loggregator/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sendDatagrams } from "../../testing/datagrams.js";
import { GrpcClients, type Reader } from "../../testing/grpcClients.js";
import { type Field, message } from "../../testing/protobuf.js";
import { framed, RawConnection } from "../../testing/rawCall.js";
import { read } from "../../testing/reading.js";
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

async function readOne(
  ...selectors: Parameters<typeof read>[2]["selectors"] & object
): Promise<Reader> {
  const [reader] = await read(emulator, clients, { selectors, usePreferredTags: true });
  return reader as Reader;
}

describe("counter totals", () => {
  const totals = (envelopes: readonly Envelope[]) =>
    envelopes.filter(isCounter).map(({ message }) => message.value.total);

  test("are added up for each source, name and tags, not for each instance", async () => {
    const reader = await readOne(selectCounter());
    const counter = (options: Parameters<typeof counterEnvelope>[1], instanceId = "0") =>
      counterEnvelope("c", { sourceId: "app", instanceId, tags: { a: "b" }, ...options });
    const both = counter({ delta: 3 });
    both.message.value.total = 100n;
    await clients.ingress.send({
      batch: [
        counter({ delta: 1 }),
        counter({ delta: 2 }, "1"),
        counter({ total: 10 }),
        counter({ delta: 5 }),
        both,
        counter({ delta: 2n ** 64n - 1n }),
        counter({ total: 0 }),
        counter({ delta: 1, sourceId: "other" }),
        counter({ delta: 1, tags: { a: "c" } }),
        counterEnvelope("d", { sourceId: "app", tags: { a: "b" }, delta: 1 }),
      ],
    });
    expect(totals(await reader.received(10))).toEqual([
      1n,
      3n,
      10n,
      15n,
      100n,
      99n,
      0n,
      1n,
      1n,
      1n,
    ]);
  });

  test("are forgotten above 10,000 series", async () => {
    const series = (i: number) => counterEnvelope(`c${i}`, { delta: 1 });
    for (let i = 0; i <= 10_000; i += 1) {
      emulator.emit(series(i));
    }
    emulator.emit(series(0));
    expect(totals(emulator.envelopes()).at(-1)).toBe(1n);
    emulator.emit(series(0));
    expect(totals(emulator.envelopes()).at(-1)).toBe(2n);
  });

  test("are forgotten when the agent restarts", async () => {
    emulator.emit(counterEnvelope("c"));
    emulator.faults.agent.stop();
    emulator.faults.agent.start();
    emulator.emit(counterEnvelope("c"));
    expect(totals(emulator.envelopes())).toEqual([1n, 1n]);
  });
});

describe("v1", () => {
  const origin: Field = [1, "the-origin"];
  const value = message([1, "m"], [2, 0.5], [3, "u"]);
  const log = (...fields: Field[]) =>
    message(origin, [2, 5n], [8, message([1, "hello"], [2, 1n], [3, 5n])], ...fields);

  test("without a source id gets its origin as source id", async () => {
    await sendDatagrams(
      emulator,
      log(),
      log([17, message([1, "source_id"], [2, ""])]),
      log([17, message([1, "source_id"], [2, "tag"])]),
      message(origin, [2, 6n], [9, value]),
    );
    await emulator.until(({ v1Received }) => v1Received === 4);
    expect(emulator.envelopes().map(({ sourceId }) => sourceId)).toEqual([
      "the-origin",
      "the-origin",
      "tag",
      "the-origin",
    ]);
  });

  test.each<[string, Uint8Array]>([
    ["a body of another type", message(origin, [2, 5n], [9, value])],
    ["no body", message(origin, [2, 5n])],
    ["an unknown type", message(origin, [2, 99n], [9, value])],
    ["garbage behind it", Buffer.concat([log(), Buffer.from([0xff])])],
    ["text that is not UTF-8", log([13, Buffer.from([0xff])])],
  ])("with %s is dropped", async (_, datagram) => {
    await sendDatagrams(emulator, datagram);
    await emulator.until(({ v1Dropped }) => v1Dropped === 1);
    await sendDatagrams(emulator, log());
    await emulator.until(({ v1Received }) => v1Received === 1);
    expect(emulator.envelopes()).toHaveLength(1);
  });

  test("text that is not UTF-8 costs the forwarder's whole batch", async () => {
    const bad = log([13, Buffer.from([0xff])]);
    const good = Array.from({ length: 49 }, () => log());
    await sendDatagrams(emulator, ...good, bad, ...good, log());
    await emulator.until(({ v1Dropped, v1Received }) => v1Dropped + v1Received === 100);
    // All 100, unless the forwarder's interval ends in between: then those that are in its batch.
    expect(emulator.stats.v1Dropped).toBeGreaterThan(1);
  });
});

describe("the agent passes on 100 at once, and a batch above 10 MiB is lost as a whole:", () => {
  test.each([
    [100, 60 * 1024, 100],
    [100, 200 * 1024, 0],
    [3, 5 * 1024 * 1024, 0],
  ])("of %i logs of %i bytes %i arrive", async (count, size, expected) => {
    const reader = await readOne(selectLog());
    for (let i = 0; i < count; i += 1) {
      emulator.emit(logEnvelope(new Uint8Array(size)));
    }
    await emulator.until(({ dropped, delivered }) => dropped + delivered === count);
    await reader.received(expected);
    expect(emulator.stats).toMatchObject({ delivered: expected, dropped: count - expected });
  });
});

test("deprecated tags are text behind the agent; a missing value is empty", async () => {
  const deprecatedTags: Record<string, Value> = {
    text: { data: { $case: "text", value: "t" } },
    integer: { data: { $case: "integer", value: -3n } },
    large: { data: { $case: "decimal", value: 123456789 } },
    small: { data: { $case: "decimal", value: 0.00001 } },
    nan: { data: { $case: "decimal", value: Number.NaN } },
    infinite: { data: { $case: "decimal", value: Number.POSITIVE_INFINITY } },
    missing: { data: undefined },
  };
  const texts = {
    text: "t",
    integer: "-3",
    large: "123456789",
    small: "0.00001",
    nan: "NaN",
    infinite: "+Inf",
    missing: "",
  };
  const [reader] = await read(emulator, clients, { selectors: [selectLog()] });
  await clients.ingress.send({ batch: [{ ...logEnvelope("hello"), deprecatedTags }] });
  const [received] = (await reader?.received(1)) ?? [];
  expect(received?.tags).toEqual({});
  expect(
    Object.entries(received?.deprecatedTags ?? {}).map(([name, { data }]) => [name, data]),
  ).toEqual(Object.entries(texts).map(([name, value]) => [name, { $case: "text", value }]));
  const atAgent = emulator.envelopes()[0];
  expect(atAgent?.tags).toEqual(texts);
  expect(atAgent?.deprecatedTags).toEqual(deprecatedTags);
});

describe("statuses are those of a Go server:", () => {
  const send = "/loggregator.v2.Ingress/Send";
  const batchSender = "/loggregator.v2.Ingress/BatchSender";
  const trailersOnly = (status: number, text: string, httpStatus = 200) => ({
    headers: {
      ":status": httpStatus,
      "content-type": "application/grpc",
      "grpc-status": String(status),
      "grpc-message": text,
    },
    trailers: {},
    body: Buffer.alloc(0),
  });
  const garbage = framed(Buffer.from([0x0a, 0xff]));
  const badText = framed(message([1, message([2, Buffer.from([0xff])], [4, message()])]));
  const empty = framed(new Uint8Array());

  test.each<[string, string, Uint8Array, Record<string, string>, ReturnType<typeof trailersOnly>]>([
    [
      "garbage in a unary call",
      send,
      garbage,
      {},
      trailersOnly(
        13,
        "grpc: error unmarshalling request: proto: cannot parse invalid wire-format data",
      ),
    ],
    [
      "garbage in a stream",
      batchSender,
      garbage,
      {},
      trailersOnly(
        13,
        "grpc: failed to unmarshal the received message: proto: cannot parse invalid wire-format data",
      ),
    ],
    [
      "text that is not UTF-8 in a unary call",
      send,
      badText,
      {},
      trailersOnly(13, "grpc: error unmarshalling request: string field contains invalid UTF-8"),
    ],
    [
      "text that is not UTF-8 in a stream",
      batchSender,
      badText,
      {},
      trailersOnly(
        13,
        "grpc: failed to unmarshal the received message: string field contains invalid UTF-8",
      ),
    ],
    [
      "gzip",
      send,
      framed(gzipSync(new Uint8Array()), true),
      { "grpc-encoding": "gzip" },
      trailersOnly(12, 'grpc: Decompressor is not installed for grpc-encoding "gzip"'),
    ],
    [
      "an unknown method",
      "/loggregator.v2.Ingress/Nope",
      empty,
      {},
      trailersOnly(12, "unknown method Nope for service loggregator.v2.Ingress"),
    ],
    ["an unknown service", "/x.Y/Send", empty, {}, trailersOnly(12, "unknown service x.Y")],
    [
      "the RLP's service",
      "/loggregator.v2.Egress/Receiver",
      empty,
      {},
      trailersOnly(12, "unknown service loggregator.v2.Egress"),
    ],
    [
      "GET",
      send,
      empty,
      { ":method": "GET" },
      trailersOnly(13, 'Received a HEADERS frame with :method "GET" which should be POST', 405),
    ],
    [
      "another content type",
      send,
      empty,
      { "content-type": "text/plain" },
      trailersOnly(3, 'invalid gRPC request content-type "text/plain"', 415),
    ],
    [
      "one byte more than 10 MiB",
      send,
      framed(new Uint8Array(10 * 1024 * 1024 + 1)),
      {},
      trailersOnly(8, "grpc: received message larger than max (10485761 vs. 10485760)"),
    ],
    ["the end of a stream", batchSender, empty, {}, trailersOnly(2, "EOF")],
    [
      "GET with another content type",
      send,
      empty,
      { ":method": "GET", "content-type": "text/plain" },
      trailersOnly(3, 'invalid gRPC request content-type "text/plain"', 415),
    ],
    [
      "a timeout without a unit",
      send,
      empty,
      { "grpc-timeout": "100" },
      trailersOnly(
        13,
        'malformed grpc-timeout: transport: timeout unit is not recognized: "100"',
        400,
      ),
    ],
    [
      "a timeout of too many digits",
      send,
      empty,
      { "grpc-timeout": "123456789S" },
      trailersOnly(
        13,
        'malformed grpc-timeout: transport: timeout string is too long: "123456789S"',
        400,
      ),
    ],
  ])("%s", async (_, path, body, headers, answer) => {
    using connection = await RawConnection.open(emulator.ingress.address, emulator.tls.ingress);
    const received = await connection.call(path, body, headers);
    expect(received).toEqual(answer);
    expect(Object.keys(received.headers)).toEqual(Object.keys(answer.headers));
    expect(emulator.stats.received).toBe(0);
  });

  test("a call that is refused ends although the client goes on sending", async () => {
    using connection = await RawConnection.open(emulator.ingress.address, emulator.tls.ingress);
    expect(await connection.call(batchSender, garbage, {}, "open")).toMatchObject({
      headers: { "grpc-status": "13" },
    });
  });

  test("10 MiB exactly are accepted", async () => {
    const overhead =
      EnvelopeBatch.encode({ batch: [logEnvelope(new Uint8Array(10_000_000))] }).finish().length -
      10_000_000;
    const batch = { batch: [logEnvelope(new Uint8Array(10 * 1024 * 1024 - overhead))] };
    const bytes = EnvelopeBatch.encode(batch).finish();
    expect(bytes).toHaveLength(10 * 1024 * 1024);
    using connection = await RawConnection.open(emulator.ingress.address, emulator.tls.ingress);
    expect(await connection.call(send, framed(bytes))).toMatchObject({
      trailers: { "grpc-status": "0" },
    });
    expect(emulator.stats.received).toBe(1);
  });

  test("unknown fields, empty batches, unknown log types and negative timestamps pass", async () => {
    const odd = message([1, -1n], [4, message([1, "x"], [2, 7n])], [99, "unknown"]);
    using connection = await RawConnection.open(emulator.ingress.address, emulator.tls.ingress);
    for (const batch of [message(), message([1, odd], [98, 1n])]) {
      expect((await connection.call(send, framed(batch))).trailers).toEqual({
        "grpc-status": "0",
        "grpc-message": "",
      });
    }
    const envelope = await emulator.next(isLog);
    expect(envelope).toMatchObject({ timestamp: -1n, message: { value: { type: 7 } } });
  });
});
