import { type Envelope, gaugeEnvelope, logEnvelope } from "@loggregator/api";
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

test("envelopes arrive completely", async () => {
  const gauge = gaugeEnvelope(
    { cpu: { value: Number.NaN, unit: "percent" } },
    { sourceId: "app", instanceId: "1", tags: JSON.parse('{"__proto__":"x","ö":""}') },
  );
  await clients.ingress.send({ batch: [gauge] });
  expect(received).toMatchObject([gauge]);
  expect(Object.keys(received[0]?.tags ?? {})).toEqual(["__proto__", "ö"]);
});

test("counts received envelopes and open streams", async () => {
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
