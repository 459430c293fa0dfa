import { once } from "node:events";
import { connect } from "node:tls";
import {
  counterEnvelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { createDrainReceiver, DrainSender } from "@loggregator/drain";
import { Recorder } from "@loggregator/testing";
import { expect, test } from "vitest";
import { type Emulator, startEmulator } from "../index.js";

const common = { sourceId: "app", instanceId: "0" };
const web = { ...common, sourceType: "APP/PROC/WEB" };

/** A receiver of syslog-tls that records its messages. */
async function startReceiver(emulator: Emulator) {
  const received = new Recorder<string>();
  const receiver = createDrainReceiver();
  const { authority } = emulator.tls;
  const tls = await authority?.issue({ commonName: "localhost" });
  const { cert = "", key = "" } = tls ?? {};
  const { ca } = emulator.tls.ingress;
  const server = await receiver.listenTls({ host: "127.0.0.1", cert, key, ca });
  void (async () => {
    for await (const { envelope } of receiver) {
      const { message } = envelope;
      const text =
        message?.$case === "log" ? Buffer.from(message.value.payload).toString() : message?.$case;
      received.add(`${envelope.sourceId} ${text}`);
    }
  })();
  return {
    received,
    url: `syslog-tls://localhost:${server.port}`,
    [Symbol.asyncDispose]: () => receiver.close(),
  };
}

function emitAll(emulator: Emulator): void {
  emulator.emit(logEnvelope("web", web));
  emulator.emit(logEnvelope("router", { ...common, sourceType: "RTR" }));
  emulator.emit(counterEnvelope("c", common));
  emulator.emit(gaugeEnvelope({ g: { value: 1, unit: "" } }, common));
  emulator.emit(timerEnvelope("t", 1n, 2n, common));
  emulator.emit(eventEnvelope("title", "body", common));
  emulator.emit(logEnvelope("other", { ...web, sourceId: "other" }));
}

test.each([
  [{}, ["app web", "app router", "app event", "other other"]],
  [{ drainData: "metrics" }, ["app counter", "app gauge"]],
  [{ drainData: "traces" }, ["app timer"]],
  [
    { drainData: "all", sourceId: "app", excludeLogTypes: ["app"] },
    ["app router", "app counter", "app gauge", "app timer", "app event"],
  ],
  [{ includeLogTypes: ["RTR"] }, ["app router", "app event"]],
] as const)("a drain with %j sends these envelopes: %j", async (options, expected) => {
  await using emulator = await startEmulator();
  await using receiver = await startReceiver(emulator);
  await emulator.drains.set([{ url: receiver.url, ...options }]);
  emitAll(emulator);
  await receiver.received.count(expected.length);
  await emulator.drains.set([]);
  expect(receiver.received.values).toEqual(expected);
});

test("drains can be changed while the emulator runs", async () => {
  await using emulator = await startEmulator();
  await using first = await startReceiver(emulator);
  await using second = await startReceiver(emulator);
  await emulator.drains.set([{ url: first.url }]);
  emulator.emit(logEnvelope("one", web));
  await emulator.drains.set([{ url: first.url }, { url: second.url }]);
  emulator.emit(logEnvelope("two", web));
  await first.received.count(2);
  await emulator.drains.set([{ url: second.url }]);
  emulator.emit(logEnvelope("three", web));
  await second.received.count(2);
  expect(first.received.values).toEqual(["app one", "app two"]);
  expect(second.received.values).toEqual(["app two", "app three"]);
  expect(emulator.drains.stats).toMatchObject({ dropped: 0 });
});

test("invalid drains are rejected by name", async () => {
  const invalid = (drains: unknown) => startEmulator({ drains: drains as never });
  await expect(invalid("x")).rejects.toThrow("drains must be an array of drains");
  await expect(invalid([{ url: "ftp://x" }])).rejects.toThrow(/schemes/);
  await expect(invalid([{ url: "syslog://x", drainDate: "all" }])).rejects.toThrow(/drainData/);
  await expect(
    invalid([{ url: "syslog://x", includeLogTypes: [], excludeLogTypes: [] }]),
  ).rejects.toThrow(/excludeLogTypes/);
});

test("envelopes sent by syslog are stored in log-cache, with the changes of a real one", async () => {
  await using emulator = await startEmulator({ syslog: {} });
  const { address = "" } = emulator.syslog ?? {};
  const { ca, cert, key, serverName } = emulator.tls.logCache;
  const sender = new DrainSender({
    url: `syslog-tls://${address}`,
    tls: { ca, cert, key, serverName },
    logger: null,
  });
  sender.emit(logEnvelope("  hello \n", { ...web, timestamp: 1_234_567n }));
  sender.emit(counterEnvelope("c", { ...common, delta: 2 }));
  await sender.close();
  const url = `${emulator.logCache.gatewayUrl}/api/v1/read/app?start_time=0`;
  let batch: { log?: { payload: string }; timestamp: string }[] = [];
  while (batch.length < 2) {
    const answer = (await (await fetch(url)).json()) as { envelopes: { batch: typeof batch } };
    ({ batch } = answer.envelopes);
  }
  expect(batch[0]).toMatchObject({ timestamp: "1234000", log: { payload: btoa("hello") } });
  expect(batch[1]).toMatchObject({ counter: { name: "c", delta: "2" } });
});

test("the syslog server closes a connection at a malformed message", async () => {
  await using emulator = await startEmulator({ syslog: {} });
  const [, port] = (emulator.syslog?.address ?? "").split(":");
  const { ca, cert, key, serverName } = emulator.tls.logCache;
  for (const text of [
    "no count",
    `66561 <14>1`,
    `40 <14>1 - - a - - [tags@47450 ${"x".repeat(9)}`,
  ]) {
    const socket = connect({ port: Number(port), ca, cert, key, servername: serverName });
    socket.on("error", () => {});
    await once(socket, "secureConnect");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume().write(text.padEnd(60, "x"));
    await closed;
  }
});
