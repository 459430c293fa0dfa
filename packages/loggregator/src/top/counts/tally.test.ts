import {
  counterEnvelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { collectGarbage } from "@loggregator/testing";
import { expect, test } from "vitest";
import { Tally } from "./tally.js";

const mebi = 1024 * 1024;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test("computes rates over the time between ticks, by source and by type", () => {
  const tally = new Tally(0);
  for (let count = 0; count < 10; count++) {
    tally.add(logEnvelope("x", { sourceId: "a" }));
  }
  tally.add(eventEnvelope("x", "y", { sourceId: "a" }));
  tally.add(logEnvelope("x", { sourceId: "b" }));
  const { perSecond, total, sources } = tally.tick(2_000);
  expect({ perSecond, total }).toEqual({ perSecond: 6, total: 12 });
  expect(sources).toEqual([
    {
      sourceId: "a",
      name: "a",
      perSecond: 5.5,
      perSecondOf: { log: 5, counter: 0, gauge: 0, timer: 0, event: 0.5 },
      total: 11,
      history: [5.5],
      containers: [],
      requests: undefined,
    },
    expect.objectContaining({ sourceId: "b", perSecond: 0.5, total: 1 }),
  ]);
});

test("averages rates over the last five ticks", () => {
  const tally = new Tally(0);
  for (let count = 0; count < 10; count++) {
    tally.add(logEnvelope("x"));
  }
  const rates = [1, 2, 3, 4, 5, 6].map((second) => tally.tick(second * 1_000).perSecond);
  expect(rates).toEqual([10, 5, 10 / 3, 2.5, 2, 0]);
  expect(tally.tick(7_000).total).toBe(10);
});

test("shows the last value of a metric, and the total of a counter", () => {
  const tally = new Tally(0);
  const source = { sourceId: "a" };
  tally.add(gaugeEnvelope({ cpu: { value: 1, unit: "%" } }, source));
  tally.add(gaugeEnvelope({ cpu: { value: 12.5, unit: "%" } }, source));
  tally.add(counterEnvelope("requests", { ...source, delta: 2 }));
  tally.add(counterEnvelope("requests", { ...source, delta: 3 }));
  tally.add(counterEnvelope("payments", { ...source, total: 1_234_567 }));
  tally.add(timerEnvelope("http", 0n, 23_000_000n, source));
  const metrics = tally.tick(1_000).metrics.map(({ name, value }) => [name, value]);
  expect(new Map(metrics as [string, string][])).toEqual(
    new Map([
      ["cpu", "12.5 %"],
      ["requests", "5"],
      ["payments", "1,234,567"],
      ["http", "23 ms"],
    ]),
  );
});

test("separates metrics of one name by source and by type", () => {
  const tally = new Tally(0);
  tally.add(counterEnvelope("x", { sourceId: "a" }));
  tally.add(counterEnvelope("x", { sourceId: "b" }));
  tally.add(timerEnvelope("x", 0n, 1n, { sourceId: "a" }));
  expect(tally.tick(1_000).metrics).toHaveLength(3);
});

test("bounds the number of sources, and frees those that are silent", () => {
  const tally = new Tally(0);
  for (let id = 0; id < 6_000; id++) {
    tally.add(logEnvelope("x", { sourceId: `early-${id}` }));
  }
  const full = tally.tick(1_000);
  expect(full.sources).toHaveLength(5_000);
  expect(full).toMatchObject({ total: 6_000, uncounted: 1_000 });

  for (let second = 2; second < 8; second++) {
    tally.tick(second * 1_000);
  }
  for (let id = 0; id < 100; id++) {
    tally.add(logEnvelope("x", { sourceId: `late-${id}` }));
  }
  const { sources } = tally.tick(8_000);
  expect(sources.filter(({ sourceId }) => sourceId.startsWith("late"))).toHaveLength(100);
});

test("takes bounded memory for long names that are part of larger strings", () => {
  const tally = new Tally(0);
  // A decoder returns parts of a text that it has decoded as a whole.
  const partOf = (index: number) => `${index}-${"x".repeat(50_000)}`.slice(0, 50_000);
  const before = heapUsed();
  for (let index = 0; index < 4_000; index++) {
    const sourceId = partOf(index);
    const metrics = { [partOf(index)]: { value: 1, unit: partOf(index) } };
    tally.add(gaugeEnvelope(metrics, { sourceId }));
    tally.add(logEnvelope("x", { sourceId: `${index} ${"y".repeat(100_000)}`.slice(0, 200) }));
  }
  const snapshot = tally.tick(1_000);
  // 4,000 names of 50 kB each, three times, are 600 MB.
  expect(heapUsed() - before).toBeLessThan(100 * mebi);
  const [metric] = snapshot.metrics;
  expect(metric?.name).toHaveLength(256);
  expect(metric?.name.endsWith("…")).toBe(true);
  expect(snapshot.total).toBe(8_000);
});

test("counts names that differ after the cut as one", () => {
  const tally = new Tally(0);
  for (let index = 0; index < 3; index++) {
    tally.add(logEnvelope("", { sourceId: "x".repeat(300) + index }));
  }
  expect(tally.tick(1_000).sources).toEqual([expect.objectContaining({ total: 3 })]);
});

test("collects containers and requests of apps, by instance and status", () => {
  const tally = new Tally(0);
  const tags = { app_name: "checkout", space_name: "prod" };
  const bytes = (value: number) => ({ value, unit: "bytes" });
  for (const [instanceId, cpu] of [
    ["10", 20],
    ["2", 12.5],
    ["2", 30],
  ] as const) {
    const metrics = {
      cpu: { value: cpu, unit: "percentage" },
      memory: bytes(mebi),
      memory_quota: bytes(4 * mebi),
      log_rate_limit: { value: -1, unit: "B/s" },
    };
    tally.add(gaugeEnvelope(metrics, { sourceId: "guid", instanceId, tags }));
  }
  for (const [status_code, ms] of [
    ["200", 10],
    ["204", 20],
    ["503", 500],
  ] as const) {
    const times = [0n, BigInt(ms) * 1_000_000n] as const;
    tally.add(
      timerEnvelope("http", ...times, { sourceId: "guid", tags: { ...tags, status_code } }),
    );
  }
  const [source] = tally.tick(1_000).sources;
  expect(source?.name).toBe("checkout (prod)");
  expect(source?.containers).toEqual([
    { instance: "2", cpu: 30, memory: mebi, memoryQuota: 4 * mebi, logRateLimit: -1 },
    { instance: "10", cpu: 20, memory: mebi, memoryQuota: 4 * mebi, logRateLimit: -1 },
  ]);
  expect(source?.requests).toMatchObject({
    perSecond: 3,
    perSecondOf: { "2xx": 2, "5xx": 1, "4xx": 0 },
    maxMs: 500,
  });
});

test("bounds the instances of a source, and removes those that have stopped", () => {
  const tally = new Tally(0);
  const add = (instanceId: number) =>
    tally.add(
      gaugeEnvelope({ cpu: { value: 1 } }, { sourceId: "a", instanceId: String(instanceId) }),
    );
  for (let instance = 0; instance < 500; instance += 1) {
    add(instance);
  }
  expect(tally.tick(1).sources[0]?.containers).toHaveLength(100);
  for (let second = 2; second < 100; second += 1) {
    add(7);
    tally.tick(second);
  }
  expect(tally.tick(100).sources[0]?.containers).toHaveLength(1);
});
