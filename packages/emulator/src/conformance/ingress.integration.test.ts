// Ingress as docs/protocol.md describes it, one test for each fact.
import { type ClientHttp2Stream, constants } from "node:http2";
import {
  EgressBatchRequest,
  type Envelope,
  EnvelopeBatch,
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
    realism: "strict",
    logger: null,
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

test("the router answers Send with UNIMPLEMENTED: so does the agent with the fault", async () => {
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

/** Code and text of the GOAWAY that ends a connection. */
const tooManyPings = { code: constants.NGHTTP2_ENHANCE_YOUR_CALM, text: "too_many_pings" };
const callHeaders = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };

/** Opens a call that stays open: a stream to the agent. */
function openCall({ session }: PingingConnection): ClientHttp2Stream {
  const path = { ":path": "/loggregator.v2.Ingress/BatchSender" };
  const call = session.request({ ...callHeaders, ...path });
  call.on("error", () => {});
  return call;
}

/** Calls Send with an empty batch, and waits for the answer. */
async function callSend({ session }: PingingConnection): Promise<void> {
  const call = session.request({ ...callHeaders, ":path": "/loggregator.v2.Ingress/Send" });
  const ended = new Promise((resolve) => call.resume().on("close", resolve));
  call.end(Buffer.alloc(5));
  await ended;
}

describe.each(["ingress", "egress"] as const)("%s refuses keepalive pings", (endpoint) => {
  const open = () => PingingConnection.open(emulator[endpoint].address, emulator.tls[endpoint]);

  test("that come too often: the fourth closes the connection with too_many_pings", async () => {
    using connection = await open();
    for (let i = 0; i < 3; i += 1) {
      await connection.ping();
    }
    expect(connection.session.destroyed).toBe(false);
    connection.ping().catch(() => {});
    expect(await connection.goaway).toEqual(tooManyPings);
    await connection.closed;
  });
});

describe("of keepalive pings", () => {
  /** Starts an emulator whose intervals are `ms` instead of the agent's. */
  const scaled = (ms: number) =>
    startEmulator({ ingress: { minPingIntervalMs: ms }, egress: { minPingIntervalMs: ms } });

  /**
   * Pings each `ms` until the connection is closed, at most `most` times. Returns the number of
   * accepted pings.
   */
  async function pingEach(connection: PingingConnection, ms: number, most: number) {
    let taken = 0;
    const ping = () => connection.ping().then(() => taken++);
    for (; taken < most && !connection.session.destroyed; await ping().catch(() => {})) {
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    return taken;
  }

  test("the agent accepts one per interval with an open call, and closes at the fourth without", async () => {
    await using emulator = await scaled(20);
    const { ingress, tls } = emulator;
    using busy = await PingingConnection.open(ingress.address, tls.ingress);
    openCall(busy);
    await emulator.until(({ ingressStreams }) => ingressStreams === 1);
    using idle = await PingingConnection.open(ingress.address, tls.ingress);
    expect(await pingEach(idle, 25, 9)).toBeLessThan(5);
    expect(await idle.goaway).toEqual(tooManyPings);
    expect(await pingEach(busy, 25, 10)).toBe(10);
  });

  test("the RLP accepts one per interval without an open call", async () => {
    await using emulator = await scaled(20);
    using idle = await PingingConnection.open(emulator.egress.address, emulator.tls.egress);
    expect(await pingEach(idle, 25, 10)).toBe(10);
  });

  test("a stream to the agent does not reset the strikes, an answer to Send does", async () => {
    await using emulator = await startEmulator({ realism: "strict", logger: null });
    using connection = await PingingConnection.open(emulator.ingress.address, emulator.tls.ingress);
    const stream = openCall(connection);
    await emulator.until(({ ingressStreams }) => ingressStreams === 1);
    for (let i = 0; i < 3; i += 1) {
      await connection.ping();
    }
    await callSend(connection);
    // The first ping after an answer is accepted, and the fourth one closes the connection.
    for (let i = 0; i < 3; i += 1) {
      await connection.ping();
    }
    // Large enough for the server to send WINDOW_UPDATEs, which do not count as an answer.
    const batch = EnvelopeBatch.encode({ batch: [logEnvelope(new Uint8Array(200_000))] }).finish();
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(batch.length, 1);
    stream.write(Buffer.concat([prefix, batch]));
    await emulator.until((stats) => stats.received === 1);
    expect(connection.session.destroyed).toBe(false);
    connection.ping().catch(() => {});
    expect(await connection.goaway).toEqual(tooManyPings);
  });
});

describe("a ping after data of the server is not a keepalive, and is not refused:", () => {
  test("the end of a call", async () => {
    using connection = await PingingConnection.open(emulator.ingress.address, emulator.tls.ingress);
    for (let i = 0; i < 6; i += 1) {
      await callSend(connection);
      await connection.ping();
    }
    expect(connection.session.destroyed).toBe(false);
  });

  test("each piece of a message, as clients in Go measure the network with them", async () => {
    using connection = await PingingConnection.open(emulator.egress.address, emulator.tls.egress);
    const path = { ":path": "/loggregator.v2.Egress/BatchedReceiver" };
    const call = connection.session.request({ ...callHeaders, ...path });
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
