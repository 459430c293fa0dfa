import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type Envelope, isGauge } from "@loggregator/api";
import { Envelope as V1Envelope } from "@loggregator/api/v1";
import { startEmulator } from "@loggregator/emulator";
import { IngressClient } from "@loggregator/ingress";
import { runModule } from "@loggregator/testing";
import { V1Client } from "@loggregator/v1";
import { expect, test } from "vitest";
import { RuntimeEmitter } from "./index.js";

const names = [
  "eventLoop.maxDelayTimeNS",
  "eventLoop.meanDelayTimeNS",
  "eventLoop.p99DelayTimeNS",
  "eventLoop.utilization",
  "memoryStats.lastGCPauseTimeNS",
  "memoryStats.numBytesAllocatedHeap",
  "memoryStats.numBytesArrayBuffers",
  "memoryStats.numBytesExternal",
  "memoryStats.numBytesReservedHeap",
  "memoryStats.numBytesResident",
];

test("an agent receives one gauge at each interval", async () => {
  const received: Envelope[] = [];
  await using emulator = await startEmulator({ onEnvelope: (envelope) => received.push(envelope) });
  await using client = new IngressClient({
    address: emulator.ingress.address,
    tls: emulator.tls.ingress,
    flushIntervalMs: 1,
  });
  await using _ = new RuntimeEmitter(client, { intervalMs: 20, sourceId: "source" });
  await emulator.until((stats) => stats.received >= 2);

  for (const envelope of received) {
    expect(envelope.sourceId).toBe("source");
    const metrics = isGauge(envelope) ? envelope.message.value.metrics : {};
    expect(Object.keys(metrics).sort()).toEqual(names);
    expect(metrics["memoryStats.numBytesAllocatedHeap"]?.value).toBeGreaterThan(0);
  }
});

test("a v1 agent receives one value metric for each value", async () => {
  const socket = createSocket("udp4");
  try {
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const received: V1Envelope[] = [];
    const all = new Promise<void>((resolve) => {
      socket.on("message", (datagram) => {
        if (received.push(V1Envelope.decode(datagram)) === names.length) {
          resolve();
        }
      });
    });
    await using client = new V1Client({
      origin: "test",
      address: `127.0.0.1:${socket.address().port}`,
    });
    await using _ = new RuntimeEmitter(client, { intervalMs: 20, sourceId: "source" });
    await all;
    const first = received.slice(0, names.length);
    expect(first.map(({ valueMetric }) => valueMetric?.name).sort()).toEqual(names);
    expect(first.map(({ tags }) => tags["source_id"])).toEqual(names.map(() => "source"));
  } finally {
    socket.close();
    await once(socket, "close");
  }
});

test("a runtime emitter does not keep its process running", async () => {
  const output = await runWithEmitter(`
    new RuntimeEmitter(emitter, { intervalMs: 1 });
    let kept = [];
    for (let i = 0; i < 1e6; i++) kept.push({ i });
    process.on("exit", () => console.log("exited"));
  `);
  expect(output).toBe("exited\n");
});

test("uses less than 0.5 % of a core, emitting ten times as often as by default", async () => {
  // Other load can only increase the result, so one quiet period is enough.
  const output = await runWithEmitter(`
    import { setTimeout as wait } from "node:timers/promises";
    new RuntimeEmitter(emitter, { intervalMs: 1_000 });
    let least = 1;
    for (let tries = 0; tries < 6 && least >= 0.005; tries++) {
      const before = process.cpuUsage();
      const start = performance.now();
      await wait(2_100);
      const { user, system } = process.cpuUsage(before);
      least = Math.min(least, (user + system) / 1000 / (performance.now() - start));
    }
    console.log(least);
  `);
  expect(Number(output)).toBeGreaterThan(0);
  expect(Number(output)).toBeLessThan(0.005);
});

/** Runs a program with `RuntimeEmitter` and an emitter that does nothing. Returns its output. */
async function runWithEmitter(program: string): Promise<string> {
  const built = new URL("../dist/index.js", import.meta.url).href;
  const prelude = `
    import { RuntimeEmitter } from ${JSON.stringify(built)};
    const emitter = { emitLog() {}, emitCounter() {}, emitGauge() {} };
  `;
  return await runModule(prelude + program);
}
