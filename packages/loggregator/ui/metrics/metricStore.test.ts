import { counterEnvelope, gaugeEnvelope } from "@loggregator/api";
import { describe, expect, test } from "vitest";
import { MetricStore } from "./metricStore.js";

const at = (seconds: number) => BigInt(seconds) * 1_000_000_000n;

function drawn(store: MetricStore) {
  return [...store.all].map((series) => ({
    name: `${series.metric} of ${series.source}`,
    ...series.drawn(),
  }));
}

describe("MetricStore", () => {
  test("has a series for each metric of each instance, with one value per second", () => {
    const store = new MetricStore();
    const options = { sourceId: "app", instanceId: "0" };
    const gauge = (value: number) => ({ cpu: { value, unit: "percentage" }, mem: { value: 1 } });
    store.add(gaugeEnvelope(gauge(5), { ...options, timestamp: at(10) }));
    store.add(gaugeEnvelope(gauge(6), { ...options, timestamp: at(10) + 5n }));
    store.add(gaugeEnvelope(gauge(7), { ...options, timestamp: at(12) }));
    store.add(gaugeEnvelope(gauge(1), { ...options, timestamp: at(11) }));
    store.add(gaugeEnvelope({ cpu: { value: 3 } }, { sourceId: "other", timestamp: at(10) }));
    expect(drawn(store)).toEqual([
      { name: "cpu of app/0", times: [10, 12], values: [6, 7] },
      { name: "mem of app/0", times: [10, 12], values: [1, 1] },
      { name: "cpu of other", times: [10], values: [3] },
    ]);
  });

  test("draws the rate of a counter from its totals or deltas, also after a reset", () => {
    const store = new MetricStore();
    for (const [second, total] of [
      [0, 100],
      [10, 200],
      [20, 50],
    ] as const) {
      store.add(counterEnvelope("total", { total, timestamp: at(second) }));
    }
    for (const second of [0, 5, 10]) {
      store.add(counterEnvelope("delta", { delta: 20, timestamp: at(second) }));
    }
    expect(drawn(store)).toMatchObject([
      { times: [10, 20], values: [10, 5] },
      { times: [5, 10], values: [4, 4] },
    ]);
  });

  test("is bounded in series and points", () => {
    const store = new MetricStore();
    for (let index = 0; index < 3_000; index += 1) {
      store.add(gaugeEnvelope({ [`m${index}`]: { value: 1 } }, { timestamp: at(1) }));
      store.add(gaugeEnvelope({ m0: { value: 1 } }, { timestamp: at(index) }));
    }
    expect([...store.all]).toHaveLength(2_000);
    expect([...store.all][0]?.times).toHaveLength(900);
    expect(store.ignored).toBe(1_000);
  });
});
