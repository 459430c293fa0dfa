import { type Envelope, gaugeEnvelope, logEnvelope, timerEnvelope } from "@loggregator/api";
import { Status } from "nice-grpc";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { GrpcClients } from "../testing/grpcClients.js";
import { type Emulator, startEmulator } from "./index.js";

const received: Envelope[] = [];
let emulator: Emulator;
let clients: GrpcClients;

beforeAll(async () => {
  emulator = await startEmulator({ onEnvelope: (envelope) => received.push(envelope) });
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

async function* stream<T>(...messages: readonly T[]): AsyncGenerator<T> {
  yield* messages;
}

test("BatchSender takes batches, and ends with UNKNOWN: EOF once the client has half-closed", async () => {
  const batches = stream({ batch: [log, timer] }, { batch: [] }, { batch: [log] });
  await expect(clients.ingress.batchSender(batches)).rejects.toEqual(eof);
  expect(received.map(({ message }) => message?.$case)).toEqual(["log", "timer", "log"]);
  expect(received[0]).toMatchObject({ sourceId: "app", tags: { a: "b" } });
});

test("Sender takes envelopes, and ends with UNKNOWN: EOF once the client has half-closed", async () => {
  await expect(clients.ingress.sender(stream<Envelope>(log, timer))).rejects.toEqual(eof);
  expect(received.map(({ message }) => message?.$case)).toEqual(["log", "timer"]);
});

test("Send takes a batch and acknowledges it", async () => {
  await clients.ingress.send({ batch: [log, timer] });
  expect(received.map(({ message }) => message?.$case)).toEqual(["log", "timer"]);
});

test("what was sent arrives whole", async () => {
  const gauge = gaugeEnvelope(
    { cpu: { value: Number.NaN, unit: "percent" } },
    { sourceId: "app", instanceId: "1", tags: JSON.parse('{"__proto__":"x","ö":""}') },
  );
  await clients.ingress.send({ batch: [gauge] });
  expect(received).toMatchObject([gauge]);
  expect(Object.keys(received[0]?.tags ?? {})).toEqual(["__proto__", "ö"]);
});

test("an empty source id gets the value of the origin tag", async () => {
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

test("messages of up to 10 MiB are taken, larger ones refused with RESOURCE_EXHAUSTED", async () => {
  const mebibyte = 1024 * 1024;
  await clients.ingress.send({ batch: [logEnvelope(new Uint8Array(10 * mebibyte - 100))] });
  expect(received).toHaveLength(1);
  await expect(
    clients.ingress.send({ batch: [logEnvelope(new Uint8Array(10 * mebibyte + 1))] }),
  ).rejects.toMatchObject({ code: Status.RESOURCE_EXHAUSTED });
  expect(received).toHaveLength(1);
});

test("counts what it received and which streams are open", async () => {
  const before = emulator.stats.received;
  const controller = new AbortController();
  const { signal } = controller;
  async function* halfOpen() {
    yield { batch: [log, log] };
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }
  const sending = clients.ingress.batchSender(halfOpen(), { signal }).catch(() => {});
  await emulator.until((stats) => stats.received === before + 2);
  expect(emulator.stats.ingressStreams).toBe(1);

  controller.abort();
  await sending;
  await emulator.until((stats) => stats.ingressStreams === 0);
});
