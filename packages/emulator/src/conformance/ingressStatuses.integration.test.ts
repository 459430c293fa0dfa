// Statuses of the agent with `realism: "strict"`, as those of the real agent's gRPC server in Go.
import { gzipSync } from "node:zlib";
import {
  counterEnvelope,
  EnvelopeBatch,
  gaugeEnvelope,
  isLog,
  logEnvelope,
  selectCounter,
  selectGauge,
} from "@loggregator/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GrpcClients } from "../../testing/grpcClients.js";
import { message } from "../../testing/protobuf.js";
import { framed, RawConnection } from "../../testing/rawCall.js";
import { read } from "../../testing/reading.js";
import { type Emulator, startEmulator } from "../index.js";

let emulator: Emulator;

beforeEach(async () => {
  emulator = await startEmulator({ realism: "strict", logger: null });
});

afterEach(async () => {
  await emulator.close();
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

  test("a refused call ends even if the client continues to send", async () => {
    using connection = await RawConnection.open(emulator.ingress.address, emulator.tls.ingress);
    expect(await connection.call(batchSender, garbage, {}, "open")).toMatchObject({
      headers: { "grpc-status": "13" },
    });
  });

  test("gauges without metrics and counters without a name pass; envelopes without a message are not delivered", async () => {
    await using clients = new GrpcClients(emulator);
    const selectors = [selectGauge(), selectCounter()];
    const [reader] = await read(emulator, clients, { selectors });
    const bare = { ...logEnvelope(""), message: undefined };
    await clients.ingress.send({ batch: [bare, gaugeEnvelope({}), counterEnvelope("")] });
    const received = (await reader?.received(2)) ?? [];
    expect(received.map(({ message }) => message?.$case)).toEqual(["gauge", "counter"]);
    expect(emulator.stats).toMatchObject({ received: 3, delivered: 2, dropped: 0 });
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
