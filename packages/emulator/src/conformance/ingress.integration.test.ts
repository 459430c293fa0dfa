// What wire-facts say of ingress, one test a fact. What they say of the Go client is not the emulator's.
import { constants } from "node:http2";
import {
  EgressBatchRequest,
  type Envelope,
  logEnvelope,
  selectLog,
  timerEnvelope,
} from "@loggregator/api";
import { Status } from "nice-grpc";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { GrpcClients } from "../../testing/grpcClients.js";
import { PingingConnection } from "../../testing/pings.js";
import { type Emulator, startEmulator } from "../index.js";

const received: Envelope[] = [];
let emulator: Emulator;
let clients: GrpcClients;

beforeAll(async () => {
  emulator = await startEmulator({
    ingress: { tags: { deployment: "cf", ip: "10.0.0.4" } },
    onEnvelope: (envelope) => received.push(envelope),
  });
  clients = new GrpcClients(emulator);
});

beforeEach(() => {
  received.length = 0;
});

afterAll(async () => {
  await clients[Symbol.asyncDispose]();
  await emulator.close();
});

const log = logEnvelope("hello", { sourceId: "app", tags: { a: "b" } });
const timer = timerEnvelope("http", 1n, 2n, { sourceId: "app" });
const eof = expect.objectContaining({ code: Status.UNKNOWN, details: "EOF" });
const types = () => received.map(({ message }) => message?.$case);

async function* stream<T>(...messages: readonly T[]): AsyncGenerator<T> {
  yield* messages;
}

describe("a client-streaming call that the client half-closes ends with UNKNOWN and the message EOF:", () => {
  test("BatchSender", async () => {
    const batches = stream({ batch: [log, timer] }, { batch: [] }, { batch: [log] });
    await expect(clients.ingress.batchSender(batches)).rejects.toEqual(eof);
    expect(types()).toEqual(["log", "timer", "log"]);
  });

  test("Sender", async () => {
    await expect(clients.ingress.sender(stream<Envelope>(log, timer))).rejects.toEqual(eof);
    expect(types()).toEqual(["log", "timer"]);
  });
});

test("the agent implements Send", async () => {
  await clients.ingress.send({ batch: [log, timer] });
  expect(types()).toEqual(["log", "timer"]);
});

test("the router answers Send with UNIMPLEMENTED: so does the emulator, which is the agent, when told to", async () => {
  emulator.faults.ingress.refuse(Status.UNIMPLEMENTED);
  try {
    await expect(clients.ingress.send({ batch: [log] })).rejects.toMatchObject({
      code: Status.UNIMPLEMENTED,
    });
  } finally {
    emulator.faults.clear();
  }
});

test("an envelope with an empty source_id gets the value of its origin tag", async () => {
  const batch = [
    logEnvelope("hello", { tags: { origin: "from-tag" } }),
    {
      ...logEnvelope("hello"),
      deprecatedTags: { origin: { data: { $case: "text" as const, value: "from-deprecated" } } },
    },
    logEnvelope("hello", { sourceId: "own", tags: { origin: "from-tag" } }),
    logEnvelope("hello"),
  ];
  await clients.ingress.send({ batch });
  await expect(clients.ingress.sender(stream(...batch))).rejects.toEqual(eof);
  const sourceIds = ["from-tag", "from-deprecated", "own", ""];
  expect(received.map(({ sourceId }) => sourceId)).toEqual([...sourceIds, ...sourceIds]);
});

test("the agent adds its own configured tags", async () => {
  const tagged = logEnvelope("hello", { tags: { ip: "own", a: "b" } });
  await clients.ingress.send({ batch: [log, tagged] });
  expect(received.map(({ tags }) => tags)).toEqual([
    { a: "b", deployment: "cf", ip: "10.0.0.4" },
    { a: "b", deployment: "cf", ip: "own" },
  ]);
});

describe("agent and router accept messages up to 10 MiB:", () => {
  const mebibyte = 1024 * 1024;
  const exhausted = { code: Status.RESOURCE_EXHAUSTED };

  test("ingress", async () => {
    await clients.ingress.send({ batch: [logEnvelope(new Uint8Array(10 * mebibyte - 100))] });
    expect(received).toHaveLength(1);
    const tooLarge = logEnvelope(new Uint8Array(10 * mebibyte + 1));
    await expect(clients.ingress.send({ batch: [tooLarge] })).rejects.toMatchObject(exhausted);
    expect(received).toHaveLength(1);
  });

  test("egress", async () => {
    const request = { shardId: "x".repeat(10 * mebibyte + 1) };
    expect(await clients.read(request).ended).toMatchObject(exhausted);
  });
});

describe.each(["ingress", "egress"] as const)("%s refuses keepalive pings", (endpoint) => {
  const open = () => PingingConnection.open(emulator[endpoint].address, emulator.tls[endpoint]);

  test("more often than every 10 s: the connection is closed with too_many_pings", async () => {
    using connection = await open();
    // gRPC servers in Go forgive two that come too soon after the one before.
    for (let i = 0; i < 3; i += 1) {
      await connection.ping();
    }
    await expect(connection.ping()).rejects.toThrow();
    expect(await connection.goaway).toEqual({
      code: constants.NGHTTP2_ENHANCE_YOUR_CALM,
      text: "too_many_pings",
    });
    await connection.closed;
  });

  test("but permits them with no call open", async () => {
    using connection = await open();
    await connection.ping();
    await connection.ping();
    expect(connection.session.destroyed).toBe(false);
  });
});

describe("a ping after something that the server sent is no keepalive, and is not refused:", () => {
  const headers = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };

  test("the end of a call", async () => {
    using connection = await PingingConnection.open(emulator.ingress.address, emulator.tls.ingress);
    const path = { ":path": "/loggregator.v2.Ingress/Send" };
    for (let i = 0; i < 6; i += 1) {
      const call = connection.session.request({ ...headers, ...path });
      const ended = new Promise((resolve) => call.resume().on("close", resolve));
      call.end(Buffer.alloc(5));
      await ended;
      await connection.ping();
    }
    expect(connection.session.destroyed).toBe(false);
  });

  test("each piece of a message, as clients in Go measure the network with them", async () => {
    using connection = await PingingConnection.open(emulator.egress.address, emulator.tls.egress);
    const path = { ":path": "/loggregator.v2.Egress/BatchedReceiver" };
    const call = connection.session.request({ ...headers, ...path });
    call.on("error", () => {});
    const request = EgressBatchRequest.encode({
      ...EgressBatchRequest.fromPartial({}),
      selectors: [selectLog()],
    }).finish();
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(request.length, 1);
    call.end(Buffer.concat([prefix, request]));
    await emulator.until(({ egressStreams }) => egressStreams === 1);
    emulator.emit(logEnvelope(new Uint8Array(300_000)));
    let bytes = 0;
    let pings = 0;
    for await (const piece of call as AsyncIterable<Buffer>) {
      await connection.ping();
      pings += 1;
      bytes += piece.length;
      if (bytes > 300_000) {
        break;
      }
    }
    expect(pings).toBeGreaterThan(5);
    expect(connection.session.destroyed).toBe(false);
  });
});
