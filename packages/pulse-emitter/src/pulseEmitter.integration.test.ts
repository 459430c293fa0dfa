import { type Envelope, isCounter, isGauge } from "@loggregator/api";
import { startEmulator } from "@loggregator/emulator";
import { IngressClient } from "@loggregator/ingress";
import { runModule } from "@loggregator/testing";
import { expect, test } from "vitest";
import { PulseEmitter } from "./index.js";

test("metrics reach an agent with every pulse, and once more at the end", async () => {
  const received: Envelope[] = [];
  await using emulator = await startEmulator({ onEnvelope: (envelope) => received.push(envelope) });
  {
    await using client = new IngressClient({
      address: emulator.ingress.address,
      tls: emulator.tls.ingress,
      flushIntervalMs: 1,
    });
    await using pulses = new PulseEmitter(client, { pulseIntervalMs: 20, sourceId: "source" });
    const requests = pulses.newCounterMetric("requests", { version: { major: 1, minor: 2 } });
    const temperature = pulses.newGaugeMetric("temperature", "°C", { tags: { room: "3" } });
    requests.increment(2n ** 63n);
    temperature.set(-40.123456789);
    await emulator.until((stats) => stats.received >= 4);
    requests.increment(5);
  }

  const counters = received.filter(isCounter);
  const deltas = counters.map(({ message }) => message.value.delta);
  expect(deltas[0]).toBe(2n ** 63n);
  expect(deltas.slice(1).reduce((sum, delta) => sum + delta)).toBe(5n);
  const gauges = received.filter(isGauge);
  expect(counters.length + gauges.length).toBe(received.length);
  expect(counters[0]).toMatchObject({ sourceId: "source", tags: { metric_version: "1.2" } });
  expect(gauges[0]).toMatchObject({
    sourceId: "source",
    tags: { room: "3" },
    message: { value: { metrics: { temperature: { value: -40.123456789, unit: "°C" } } } },
  });
});

test("a pulse emitter does not keep its process running", async () => {
  const stdout = await runModule(`
    import { PulseEmitter } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url))};
    const emitter = { emitLog() {}, emitCounter() {}, emitGauge() {} };
    new PulseEmitter(emitter).newCounterMetric("requests").increment(1);
    process.on("exit", () => console.log("exited"));
  `);
  expect(stdout).toBe("exited\n");
});
