import { type Envelope, logEnvelope, selectLog } from "@loggregator/api";
import { RlpGatewayClient } from "@loggregator/rlp-gateway";
import { V1Client } from "@loggregator/v1";
import { Status } from "nice-grpc";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { GatewayStream, get, refusal } from "../../testing/gatewayClient.js";
import { GrpcClients } from "../../testing/grpcClients.js";
import { emitLogs, read, text } from "../../testing/reading.js";
import { type Emulator, startEmulator } from "../index.js";

const received: Envelope[] = [];
let emulator: Emulator;
let clients: GrpcClients;

beforeAll(async () => {
  emulator = await startEmulator({ onEnvelope: (envelope) => received.push(envelope) });
});

beforeEach(() => {
  received.length = 0;
  clients = new GrpcClients(emulator);
});

afterEach(async () => {
  emulator.faults.clear();
  await clients[Symbol.asyncDispose]();
  await emulator.until((stats) => stats.ingressStreams + stats.egressStreams === 0);
});

afterAll(async () => {
  await emulator.close();
});

const log = logEnvelope("hello", { sourceId: "app" });
const unavailable = expect.objectContaining({ code: Status.UNAVAILABLE });

/** A stream of the client that does not end. */
async function* halfOpen() {
  yield { batch: [log] };
  await new Promise(() => {});
}

describe("dropConnections", () => {
  test("ends the calls of one endpoint, and clients can reconnect", async () => {
    const sending = clients.ingress.batchSender(halfOpen());
    const [reader] = await read(emulator, clients, { selectors: [selectLog()] });
    await emulator.until(({ ingressStreams }) => ingressStreams === 1);
    emulator.faults.ingress.dropConnections();
    await expect(sending).rejects.toEqual(unavailable);
    await clients.ingress.send({ batch: [log] });
    expect(emulator.stats.egressStreams).toBe(1);

    emulator.faults.egress.dropConnections();
    expect(await reader?.ended).toEqual(unavailable);
    await read(emulator, clients, { selectors: [selectLog()] });
  });

  test("breaks streams of the gateway; its client reconnects", async () => {
    const retried: unknown[] = [];
    await using client = new RlpGatewayClient({
      url: emulator.gateway.url,
      token: "token",
      retry: { baseDelayMs: 1 },
      onRetryableError: (error) => retried.push(error),
    });
    const reading = client.stream({ selectors: [selectLog()] })[Symbol.asyncIterator]();
    const next = reading.next();
    await emulator.until(({ gatewayStreams }) => gatewayStreams === 1);
    emulator.faults.gateway.dropConnections();
    await emulator.until(({ gatewayStreams }) => gatewayStreams === 0);
    await emulator.until(({ gatewayStreams }) => gatewayStreams === 1);
    emitLogs(emulator, 1);
    expect((await next).value?.map(text)).toEqual(["0"]);
    expect(retried).toHaveLength(1);
    await reading.return?.();
  });
});

describe("refuse", () => {
  test("makes new gRPC calls fail with the status, until it is cleared", async () => {
    const [open] = await read(emulator, clients, { selectors: [selectLog()] });
    emulator.faults.ingress.refuse(Status.UNAUTHENTICATED, "who are you?");
    emulator.faults.egress.refuse(Status.UNAVAILABLE);
    await expect(clients.ingress.send({ batch: [log] })).rejects.toMatchObject({
      code: Status.UNAUTHENTICATED,
      details: "who are you?",
    });
    await expect(clients.ingress.batchSender(halfOpen())).rejects.toMatchObject({
      code: Status.UNAUTHENTICATED,
    });
    expect(await clients.read({ selectors: [selectLog()] }).ended).toMatchObject({
      code: Status.UNAVAILABLE,
      details: "refused by the emulator",
    });
    emitLogs(emulator, 1);
    expect(await open?.received(1)).toHaveLength(1);

    emulator.faults.clear();
    await clients.ingress.send({ batch: [log] });
  });

  test.each([
    [503, undefined, "streaming is temporarily unavailable", "streaming_unavailable"],
    [404, undefined, "resource not found", "not_found"],
    [429, undefined, "too many requests", "too_many_requests"],
    [500, "oops", "internal server error", "oops"],
  ])("makes the gateway answer %i %j", async (status, error, message, expectedError) => {
    emulator.faults.gateway.refuse(status, error);
    expect(await refusal(await get(emulator, "?log"))).toEqual({
      status,
      type: "text/plain; charset=utf-8",
      body: `${JSON.stringify({ message, error: expectedError })}\n\n`,
    });
    emulator.faults.gateway.clear();
    await using _ = await GatewayStream.open(emulator, "?log");
  });

  test.each([0, 17, 2.5])("throws for %d, which is not a gRPC error status", (status) => {
    expect(() => emulator.faults.ingress.refuse(status)).toThrow(
      `status must be a gRPC status from 1 to 16, got ${status}`,
    );
  });

  test.each([200, 600])("throws for %d, which is not an HTTP error status", (status) => {
    expect(() => emulator.faults.gateway.refuse(status)).toThrow(
      `status must be an HTTP status from 400 to 599, got ${status}`,
    );
  });
});

describe("stopReading", () => {
  test("leaves calls to ingress hanging, and its streams fill up, until it is cleared", async () => {
    async function* endless() {
      for (let count = 0; ; count += 1) {
        offered = count;
        yield { batch: [logEnvelope("x".repeat(100_000))] };
      }
    }
    let offered = 0;
    emulator.faults.ingress.stopReading();
    const abort = new AbortController();
    const sending = clients.ingress.batchSender(endless(), { signal: abort.signal });
    const hanging = clients.ingress.send({ batch: [log] });
    // Until no more messages are read from the client between two checks.
    for (let last = -1; last < offered; ) {
      last = offered;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(received).toEqual([]);
    expect(offered).toBeLessThan(100);

    const before = offered;
    emulator.faults.ingress.clear();
    await hanging;
    await emulator.until(() => received.length > before + 10);
    abort.abort();
    await expect(sending).rejects.toThrow(/abort/i);
  });

  test("leaves requests to the gateway and to egress hanging, until it is cleared", async () => {
    emulator.faults.stopReading();
    const opening = GatewayStream.open(emulator, "?log");
    const reader = clients.read({ selectors: [selectLog()] });
    // A connection attempt is not even refused.
    await expect(
      clients.egress
        .receiver({}, { signal: AbortSignal.timeout(100) })
        [Symbol.asyncIterator]()
        .next(),
    ).rejects.toThrow();
    expect(emulator.stats.egressStreams).toBe(0);
    emulator.faults.clear();
    await using stream = await opening;
    await emulator.until(({ egressStreams }) => egressStreams === 2);
    emitLogs(emulator, 1);
    expect([...(await stream.envelopes(1)), ...(await reader.received(1))].map(text)).toEqual([
      "0",
      "0",
    ]);
  });

  test("loses datagrams, counted, until it is cleared", async () => {
    await using client = new V1Client({ origin: "o", address: emulator.v1.address });
    emulator.faults.v1.stopReading();
    client.emitLog("lost");
    await emulator.until(({ v1Dropped }) => v1Dropped === 1);
    emulator.faults.v1.clear();
    client.emitLog("received");
    await emulator.until(({ v1Received }) => v1Received === 1);
    expect(received.map(text)).toEqual(["received"]);
  });

  test("does not prevent the emulator from closing", async () => {
    const closing = await startEmulator();
    await using clients = new GrpcClients(closing);
    closing.faults.stopReading();
    const hanging = clients.ingress.send({ batch: [log] });
    const request = get(closing, "?log");
    await Promise.all([
      expect(hanging).rejects.toEqual(unavailable),
      expect(request).rejects.toThrow(),
      new Promise((resolve) => setTimeout(resolve, 50)).then(() => closing.close()),
    ]);
    expect(closing.stats.received).toBe(0);
  });
});

describe("delay", () => {
  const delayMs = 200;

  async function took(work: () => Promise<unknown>): Promise<number> {
    const begin = performance.now();
    await work();
    return performance.now() - begin;
  }

  test("delays answers to calls and requests", async () => {
    emulator.faults.delay(delayMs);
    const send = () => clients.ingress.send({ batch: [log] });
    expect(await took(send)).toBeGreaterThan(delayMs - 5);
    expect(await took(() => get(emulator, ""))).toBeGreaterThan(delayMs - 5);
    emulator.faults.delay(2_147_483_647);
    emulator.faults.delay(0);
    await send();
  });

  test("delays each message of a stream", async () => {
    await using stream = await GatewayStream.open(emulator, "?log");
    const [reader] = await read(emulator, clients, { selectors: [selectLog()] });
    emulator.faults.delay(delayMs);
    emitLogs(emulator, 200);
    const both = () => Promise.all([stream.envelopes(200), reader?.received(200)]);
    // Two batches.
    expect(await took(both)).toBeGreaterThan(2 * delayMs - 10);
  });

  test("ends immediately when it is cleared", async () => {
    emulator.faults.delay(2_147_483_647);
    const sending = clients.ingress.send({ batch: [log] });
    const request = get(emulator, "");
    setTimeout(() => emulator.faults.clear(), 50);
    await sending;
    expect((await request).status).toBe(400);
  });

  test.each([-1, Number.NaN, 2 ** 31])("throws for %d", (ms) => {
    expect(() => emulator.faults.delay(ms)).toThrow(
      `ms must be a number of milliseconds from 0 to 2147483647, got ${ms}`,
    );
  });
});
