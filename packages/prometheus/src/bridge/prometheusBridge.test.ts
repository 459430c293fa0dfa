import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  newEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { Gauge, type OpenMetricsContentType, Registry } from "prom-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PrometheusBridge } from "../index.js";

let registry: Registry;

beforeEach(() => {
  registry = new Registry();
});

afterEach(() => {
  vi.useRealTimers();
});

/** The samples of a scrape, sorted. */
async function samples(): Promise<string[]> {
  const text = await registry.metrics();
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .sort();
}

test("a gauge has its latest value, with source id, instance id and tags as labels", async () => {
  const bridge = new PrometheusBridge({ registry });
  const options = { sourceId: "app", instanceId: "0", tags: { "process-type": "web", empty: "" } };
  bridge.add(gaugeEnvelope({ cpu: { value: 1, unit: "percentage" } }, options));
  bridge.add([
    gaugeEnvelope({ cpu: { value: 2.5, unit: "percentage" }, n: { value: 3 } }, options),
  ]);
  expect(await samples()).toEqual([
    'cpu_percent{instance_id="0",process_type="web",source_id="app"} 2.5',
    'n{instance_id="0",process_type="web",source_id="app"} 3',
  ]);
  const text = await registry.metrics();
  expect(text).toContain('# HELP cpu_percent The Loggregator gauge "cpu" in "percentage".');
  expect(text).toContain("# TYPE cpu_percent gauge");
  expect(bridge.stats).toMatchObject({ added: 2, series: 2, dropped: 0, late: 0 });
});

test("spellings of a unit are one metric", async () => {
  const bridge = new PrometheusBridge({ registry });
  bridge.add(gaugeEnvelope({ t: { value: 1, unit: "ms" } }));
  bridge.add(gaugeEnvelope({ t: { value: 2, unit: "Milliseconds" } }));
  bridge.add(gaugeEnvelope({ t: { value: 3, unit: "s" } }));
  expect(await samples()).toEqual(["t_milliseconds 2", "t_seconds 3"]);
});

test("gauges may be NaN or infinite", async () => {
  const bridge = new PrometheusBridge({ registry });
  bridge.add(gaugeEnvelope({ a: { value: Number.NaN }, b: { value: Number.POSITIVE_INFINITY } }));
  expect(await samples()).toEqual(["a Nan", "b +Inf"]);
});

test("a counter has its total, or the sum of its deltas, which a total replaces", async () => {
  const bridge = new PrometheusBridge({ registry });
  bridge.add(counterEnvelope("totals", { total: 2n ** 53n }));
  bridge.add(counterEnvelope("deltas", { delta: 2 }));
  bridge.add(counterEnvelope("deltas", { delta: 3 }));
  bridge.add(counterEnvelope("both", { delta: 3 }));
  bridge.add(counterEnvelope("both", { total: 10 }));
  bridge.add(counterEnvelope("both", { delta: 1 }));
  bridge.add(counterEnvelope("zero", { total: 0 }));
  expect(await samples()).toEqual([
    "both_total 11",
    "deltas_total 5",
    "totals_total 9007199254740992",
    "zero_total 0",
  ]);
  // A scrape changes nothing.
  expect((await samples())[1]).toBe("deltas_total 5");
});

test("a total that is lower than before is a reset", async () => {
  const bridge = new PrometheusBridge({ registry });
  bridge.add(counterEnvelope("c", { total: 10 }));
  bridge.add(counterEnvelope("c", { total: 2 }));
  expect(await samples()).toEqual(["c_total 2"]);
});

test("values older than those of their series are ignored, deltas are added", async () => {
  const bridge = new PrometheusBridge({ registry });
  for (const timestamp of [2_000n, 1_000n]) {
    const value = Number(timestamp);
    bridge.add(gaugeEnvelope({ g: { value } }, { timestamp }));
    bridge.add(counterEnvelope("total", { total: value, timestamp }));
    bridge.add(counterEnvelope("delta", { delta: value, timestamp }));
  }
  expect(await samples()).toEqual(["delta_total 3000", "g 2000", "total_total 2000"]);
  expect(bridge.stats.late).toBe(2);
});

test("series of a metric may have different labels", async () => {
  const bridge = new PrometheusBridge({ registry });
  bridge.add(counterEnvelope("c", { total: 1 }));
  bridge.add(counterEnvelope("c", { total: 2, tags: { a: "1" } }));
  bridge.add(counterEnvelope("c", { total: 3, tags: { b: 'quo"te\n' } }));
  bridge.add(counterEnvelope("c", { total: 4, tags: { b: "2", a: "1" } }));
  expect(await samples()).toEqual([
    "c_total 1",
    'c_total{a="1",b="2"} 4',
    'c_total{a="1"} 2',
    'c_total{b="quo\\"te\\n"} 3',
  ]);
});

test("labels are chosen by the option tags", async () => {
  const bridge = new PrometheusBridge({ registry, tags: ["job"], prefix: "cf." });
  bridge.add(counterEnvelope("c", { sourceId: "s", tags: { job: "router", request_id: "1" } }));
  bridge.add(counterEnvelope("c", { sourceId: "s", tags: { job: "router", request_id: "2" } }));
  expect(await samples()).toEqual(['cf_c_total{job="router",source_id="s"} 2']);
});

test("deprecated tags are labels, tags with the same label are joined, origin replaces an empty source id", async () => {
  const bridge = new PrometheusBridge({ registry });
  const { message } = counterEnvelope("c", { total: 1 });
  bridge.add(
    newEnvelope(
      1n,
      "",
      "",
      { n: { data: { $case: "integer", value: 7n } } },
      {
        "a-b": "1",
        "a.b": "2",
        origin: "rep",
        source_id: "tag",
        __v1_type: "x",
        ["__proto__"]: "p",
      },
      message,
    ),
  );
  expect(await samples()).toEqual([
    'c_total{_proto__="p",a_b="1;2",n="7",origin="rep",source_id="rep"} 1',
  ]);
});

test("logs, events, timers and envelopes without a message are counted as ignored", async () => {
  const bridge = new PrometheusBridge({ registry });
  const empty: Envelope = newEnvelope(1n, "", "", {}, {}, undefined);
  bridge.add([logEnvelope("x"), eventEnvelope("t", "b"), timerEnvelope("t", 1n, 2n), empty]);
  expect(bridge.stats).toMatchObject({ added: 0, ignored: 4 });
  expect(await samples()).toEqual([]);
});

test.each<[message: string, wrong: unknown]>([
  ["envelopes[0] must be an object, got null", null],
  ["envelopes[0] must be an object, got undefined", [undefined]],
  ["envelopes[0].timestamp must be a bigint (UNIX nanoseconds), got undefined", [{}]],
  ["envelopes[0].tags must be an object", { ...counterEnvelope("a"), tags: undefined }],
  [
    "envelopes[0].counter.delta must be a bigint, got undefined",
    { ...counterEnvelope("a"), message: { $case: "counter", value: { name: "a" } } },
  ],
])("rejects a batch with an invalid envelope: %s", (message, wrong) => {
  const bridge = new PrometheusBridge({ registry });
  expect(() => bridge.add(wrong as never)).toThrow(message);
  const beside = [counterEnvelope("b"), ...[wrong].flat()];
  expect(() => bridge.add(beside as never)).toThrow(message.replace("[0]", "[1]"));
  expect(bridge.stats).toMatchObject({ added: 0, ignored: 0, dropped: 0, series: 0 });
});

test("series above maxSeries are dropped and counted, known ones continue", async () => {
  const onDropped = vi.fn();
  const bridge = new PrometheusBridge({ registry, maxSeries: 2, onDropped });
  for (const sourceId of ["a", "b", "c", "d", "a"]) {
    bridge.add(counterEnvelope("c", { sourceId, delta: 1 }));
  }
  await Promise.resolve();
  expect(onDropped.mock.calls).toEqual([[2]]);
  expect(bridge.stats).toMatchObject({ added: 5, dropped: 2, series: 2 });
  expect(await samples()).toEqual(['c_total{source_id="a"} 2', 'c_total{source_id="b"} 1']);
  await bridge.close();
});

test("the first drops are reported as a warning of the process, or to the logger", async () => {
  const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const add = async (bridge: PrometheusBridge) => {
    bridge.add([counterEnvelope("a"), counterEnvelope("b")]);
    await bridge.close();
  };
  await add(new PrometheusBridge({ registry, maxSeries: 1 }));
  await Promise.resolve();
  expect(emitWarning).toHaveBeenCalledOnce();
  expect(emitWarning.mock.calls[0]?.[0]).toMatch(
    /^Prometheus bridge: dropped metrics of 1 envelope: there are 1 series \(maxSeries\)/,
  );
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  await add(new PrometheusBridge({ registry, maxSeries: 1, logger }));
  await Promise.resolve();
  expect(logger.warn).toHaveBeenCalledOnce();
  expect(emitWarning).toHaveBeenCalledOnce();
  emitWarning.mockRestore();
});

test("a metric whose name is taken is dropped", async () => {
  const own = new Gauge({ name: "mine", help: "h", registers: [registry] });
  own.set(1);
  const bridge = new PrometheusBridge({ registry, logger: null });
  bridge.add(gaugeEnvelope({ mine: { value: 2 } }));
  bridge.add(gaugeEnvelope({ "a.b": { value: 1 } }));
  bridge.add(gaugeEnvelope({ a_b: { value: 2 } }));
  bridge.add(gaugeEnvelope({ c_total: { value: 1 } }));
  bridge.add(counterEnvelope("c"));
  expect(await samples()).toEqual(["a_b 1", "c_total 1", "mine 1"]);
  expect(bridge.stats).toMatchObject({ added: 5, dropped: 3 });
  await bridge.close();
  expect(await samples()).toEqual(["mine 1"]);
});

test("series without new envelopes expire, and make room for others", async () => {
  vi.useFakeTimers();
  const bridge = new PrometheusBridge({ registry, expireAfterMs: 1_000, maxSeries: 2 });
  bridge.add([counterEnvelope("a"), counterEnvelope("b")]);
  vi.advanceTimersByTime(999);
  bridge.add(counterEnvelope("a"));
  vi.advanceTimersByTime(1);
  expect(await samples()).toEqual(["a_total 2"]);
  expect(await registry.metrics()).not.toContain("b_total");
  bridge.add(counterEnvelope("c"));
  expect(bridge.stats).toMatchObject({ series: 2, expired: 1, dropped: 0 });
  expect(vi.getTimerCount()).toBe(0);
});

test("a metric has the labels of its current series, not those of expired ones", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const bridge = new PrometheusBridge({ registry, expireAfterMs: 1_000 });
  const gauge = (value: number, tags: Record<string, string>) =>
    gaugeEnvelope({ a: { value } }, { tags });
  for (let i = 0; i < 100; i++) {
    bridge.add([gauge(0, { kept: "x" }), gauge(i, { [`label_${i}`]: "x" })]);
    vi.advanceTimersByTime(400);
  }
  const { labelNames } = registry.getSingleMetric("a") as unknown as { labelNames: string[] };
  expect(labelNames.toSorted()).toEqual(["kept", "label_97", "label_98", "label_99"]);
  expect(await samples()).toEqual(['a{kept="x"} 0', 'a{label_98="x"} 98', 'a{label_99="x"} 99']);
  // A label that the metric still has, after its series expired.
  bridge.add([gauge(7, { label_97: "x" }), gauge(8, { label_99: "x", kept: "y" })]);
  expect(await samples()).toContain('a{label_97="x"} 7');
  expect(await samples()).toContain('a{kept="y",label_99="x"} 8');
});

test("close() removes the metrics, and later envelopes have no effect", async () => {
  {
    await using bridge = new PrometheusBridge({ registry });
    bridge.add(counterEnvelope("c"));
    await bridge.close();
    bridge.add(counterEnvelope("c"));
    expect(bridge.stats).toMatchObject({ added: 1, series: 0 });
  }
  expect(await samples()).toEqual([]);
});

test("fills a registry of OpenMetrics too", async () => {
  const openMetrics = new Registry<OpenMetricsContentType>();
  openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const bridge = new PrometheusBridge({ registry: openMetrics });
  bridge.add(counterEnvelope("c", { total: 3 }));
  expect(await openMetrics.metrics()).toMatch(/# TYPE c counter\nc_total 3\n# EOF/);
});

test.each([
  [{}, "registry must be a Registry of prom-client"],
  [{ registry: 1 }, "registry must be a Registry of prom-client"],
  [{ maxSeries: 0 }, "maxSeries must be a positive integer, got 0"],
  [{ expireAfterMs: 0 }, "expireAfterMs must be a positive number"],
  [{ tags: "a" }, "tags must be an array of strings"],
  [{ tags: [1] }, "tags[0] must be a string, got 1"],
  [{ prefix: 1 }, "prefix must be a string, got 1"],
  [{ onDropped: 1 }, "onDropped must be a function"],
  [{ maxSerie: 1 }, 'did you mean "maxSeries"?'],
])("rejects %j", (options, message) => {
  const all =
    "registry" in options || Object.keys(options).length === 0 ? options : { registry, ...options };
  expect(() => new PrometheusBridge(all as never)).toThrow(message);
});

test("the signal closes the bridge, and status() ends", async () => {
  const stop = new AbortController();
  const bridge = new PrometheusBridge({ registry, signal: stop.signal });
  const status = bridge.status();
  expect((await status.next()).value).toEqual({ type: "open" });
  bridge.add(counterEnvelope("c", { total: 1n }));
  expect(await samples()).toHaveLength(1);
  stop.abort();
  expect(await samples()).toEqual([]);
  expect((await status.next()).value).toEqual({ type: "closed" });
  expect((await status.next()).done).toBe(true);
  await bridge.close();
  const aborted = new PrometheusBridge({ registry, signal: AbortSignal.abort() });
  aborted.add(counterEnvelope("c", { total: 1n }));
  expect(await samples()).toEqual([]);
  expect(() => new PrometheusBridge({ registry, signal: 1 as never })).toThrow(
    "signal must be an AbortSignal, got 1",
  );
});
