import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  isCounter,
  isGauge,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { describe, expect, test } from "vitest";
import {
  ExportLogsServiceRequest,
  ExportMetricsServiceRequest,
  ExportTraceServiceRequest,
  type Metric,
} from "../../messages.js";
import { type OtlpMode, toOtlp } from "../toOtlp/toOtlp.js";
import { toEnvelopes } from "./toEnvelopes.js";

const ids = { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" };
const app = {
  sourceId: "984992f6",
  instanceId: "2",
  timestamp: 1_795_363_066_942_000_000n,
  tags: { app_id: "984992f6", app_name: "checkout", space_name: "prod", __proto: "x" },
};

/** Without the prototype that makes JSON.stringify work. */
const plain = (envelopes: readonly Envelope[]) => envelopes.map((envelope) => ({ ...envelope }));

describe.each<[OtlpMode]>([["cf"], ["semconv"], ["receiver"]])("round trip through %s", (mode) => {
  test("logs are the same", () => {
    const envelopes = [
      logEnvelope("out", { ...app, stream: "stdout" }),
      logEnvelope("err", { ...app, stream: "stderr" }),
    ];
    expect(plain(toEnvelopes(toOtlp(envelopes, { mode })))).toEqual(plain(envelopes));
  });

  test("gauges are the same, each metric in an envelope of its own", () => {
    const tags = { ...app.tags };
    const envelope = gaugeEnvelope({ cpu: { value: 0.5 }, memory: { value: 7 } }, { ...app, tags });
    const metrics = toEnvelopes(toOtlp([envelope], { mode })).map(({ message }) =>
      message?.$case === "gauge" ? Object.entries(message.value.metrics) : [],
    );
    const name = (own: string) => (mode === "receiver" ? `.${own}` : own);
    expect(metrics).toEqual([
      [[name("cpu"), { value: 0.5, unit: "" }]],
      [[name("memory"), { value: 7, unit: "" }]],
    ]);
  });
});

describe.each<[OtlpMode]>([["cf"], ["semconv"]])("round trip through %s", (mode) => {
  test("events and totals of counters are the same", () => {
    const envelopes = [
      eventEnvelope("deploy", "v42 is live", app),
      counterEnvelope("requests", { ...app, total: 7n }),
    ];
    expect(plain(toEnvelopes(toOtlp(envelopes, { mode })))).toEqual(plain(envelopes));
  });

  test("timers keep times, ids and tags", () => {
    const tags = { ...app.tags, ...ids, peer_type: "Server" };
    const timer = timerEnvelope("http", 1n, 2n, { ...app, timestamp: 2n, tags });
    expect(plain(toEnvelopes(toOtlp([timer], { mode })))).toEqual(plain([timer]));
  });
});

describe("tags after a round trip through semconv", () => {
  const back = (...envelopes: Envelope[]) => plain(toEnvelopes(toOtlp(envelopes)));

  test.each([
    ["a component", { deployment: "cf", job: "doppler", index: "8bba", origin: "doppler" }, "9"],
    ["a component with its index as instance id", { deployment: "cf", job: "x", index: "9" }, "9"],
    ["a component without an instance id", { deployment: "cf", job: "doppler", index: "8bba" }, ""],
    ["a deployment without a job", { deployment: "cf", index: "8bba" }, "9"],
    ["a job without a deployment", { job: "doppler" }, "9"],
    ["an app on a VM", { ...app.tags, deployment: "cf", job: "cell", index: "8bba" }, "9"],
    ["the name of an app without its id", { app_name: "checkout" }, ""],
  ])("%s has the same tags", (_, tags, instanceId) => {
    const { timestamp } = app;
    const options = { sourceId: "source", instanceId, timestamp, tags };
    const log = logEnvelope("a", { ...options, stream: "stdout" });
    const gauge = gaugeEnvelope({ cpu: { value: 1, unit: "%" } }, options);
    expect(back(log, gauge)).toEqual(plain([log, gauge]));
  });

  test("a span has no attributes beside the tags from which they are derived", () => {
    const request = { method: "get", uri: "http://h/p?q=1", status_code: "200" };
    const tags = { ...ids, ...request, peer_type: "Server" };
    const [timer] = back(timerEnvelope("http", 1n, 2n, { ...app, tags }));
    expect(timer?.tags).toEqual(tags);
  });
});

/** Tags and ids of a log with these attributes of its resource. */
function identity(attributes: Record<string, string>) {
  const [envelope] = toEnvelopes({
    logs: ExportLogsServiceRequest.fromJSON({
      resourceLogs: [
        {
          resource: {
            attributes: Object.entries(attributes).map(([key, stringValue]) => ({
              key,
              value: { stringValue },
            })),
          },
          scopeLogs: [{ logRecords: [{}] }],
        },
      ],
    }),
  });
  return [envelope?.sourceId, envelope?.instanceId, envelope?.tags];
}

test.each([
  [{ "service.name": "shop" }, ["shop", "", {}]],
  [{ "service.name": "unknown_service", source_id: "a" }, ["a", "", {}]],
  [{ "service.name": "shop", source_id: "a" }, ["a", "", { "service.name": "shop" }]],
  [
    { "service.name": "shop", "cloudfoundry.app.id": "guid", "cloudfoundry.system.id": "cf/x" },
    ["guid", "", { app_id: "guid", app_name: "shop", deployment: "cf", job: "x" }],
  ],
  [
    {
      "service.name": "shop",
      "cloudfoundry.app.id": "guid",
      "cloudfoundry.app.name": "web",
      "cloudfoundry.app.instance.id": "1",
      "service.instance.id": "pod",
    },
    [
      ...["guid", "pod"],
      {
        app_id: "guid",
        app_name: "web",
        "service.name": "shop",
        "cloudfoundry.app.instance.id": "1",
      },
    ],
  ],
  [
    { "cloudfoundry.system.id": "cf/x", deployment: "other", "cloudfoundry.source.id": "a" },
    ["a", "", { deployment: "other", "cloudfoundry.system.id": "cf/x" }],
  ],
  [
    { "cloudfoundry.system.instance.id": "2", index: "1", "service.instance.id": "0" },
    ["", "0", { index: "1", "cloudfoundry.system.instance.id": "2" }],
  ],
  [
    { source_id: "a", "cloudfoundry.source.id": "b", "cloudfoundry.system.id": "a" },
    ["a", "", { "cloudfoundry.source.id": "b" }],
  ],
])("no attribute of %j is lost", (attributes, expected) => {
  expect(identity(attributes)).toEqual(expected);
});

test("a span keeps HTTP attributes that differ from its tags", () => {
  const span = { attributes: [] as object[] };
  const attributes = { "url.path": "/a", "http.request.method": "GET", uri: "/b", method: "PUT" };
  for (const [key, stringValue] of Object.entries(attributes)) {
    span.attributes.push({ key, value: { stringValue } });
  }
  const traces = ExportTraceServiceRequest.fromJSON({
    resourceSpans: [{ scopeSpans: [{ spans: [span] }] }],
  });
  expect(toEnvelopes({ traces })[0]?.tags).toEqual(attributes);
});

function metric(data: object): Envelope[] {
  const json = { name: "m", unit: "ms", ...data };
  const { metrics: all } = {
    metrics: ExportMetricsServiceRequest.fromJSON({
      resourceMetrics: [
        {
          resource: { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] },
          scopeMetrics: [{ metrics: [json] }],
        },
      ],
    }),
  };
  return toEnvelopes({ metrics: all });
}

/** Name, tags that the metric adds, and value. */
function summary(envelopes: readonly Envelope[]) {
  return envelopes.map((envelope) => {
    if (isCounter(envelope)) {
      const { name, delta, total } = envelope.message.value;
      return [name, envelope.tags, delta > 0n ? `+${delta}` : `${total}`];
    }
    if (isGauge(envelope)) {
      const [[name, value] = []] = Object.entries(envelope.message.value.metrics);
      return [name, envelope.tags, value?.value];
    }
    throw new Error("expected a counter or a gauge");
  });
}

const cumulative = { aggregationTemporality: 2 };

test("deltas, totals and other sums", () => {
  const points = (value: object) => ({ dataPoints: [{ timeUnixNano: "5", ...value }] });
  const sum = (value: object, kind: Partial<Metric> | object) =>
    summary(metric({ sum: { ...points(value), ...kind } }));
  const monotonic = { ...cumulative, isMonotonic: true };
  expect(sum({ asInt: "7" }, monotonic)).toEqual([["m", {}, "7"]]);
  expect(sum({ asDouble: 7.9 }, monotonic)).toEqual([["m", {}, "7"]]);
  expect(sum({ asInt: "7" }, { isMonotonic: true, aggregationTemporality: 1 })).toEqual([
    ["m", {}, "+7"],
  ]);
  expect(sum({ asInt: "-7" }, cumulative)).toEqual([["m", {}, -7]]);
  expect(sum({ asInt: "-7" }, monotonic)).toEqual([["m", {}, -7]]);
  expect(sum({ asDouble: "NaN" }, monotonic)).toEqual([["m", {}, Number.NaN]]);
  expect(sum({ asInt: "7", flags: 1 }, monotonic)).toEqual([]);
});

test("source and instance come from the resource, attributes become tags", () => {
  const point = {
    asDouble: 1,
    attributes: [
      { key: "text", value: { stringValue: "a" } },
      { key: "flag", value: { boolValue: true } },
      { key: "int", value: { intValue: "9007199254740993" } },
      { key: "list", value: { arrayValue: { values: [{ intValue: "1" }, {}] } } },
      {
        key: "map",
        value: { kvlistValue: { values: [{ key: "k", value: { doubleValue: 0.5 } }] } },
      },
      { key: "__proto__", value: { stringValue: "b" } },
    ],
  };
  const [envelope] = metric({ gauge: { dataPoints: [point] } });
  expect(envelope?.sourceId).toBe("shop");
  expect(Object.entries(envelope?.tags ?? {})).toEqual([
    ["text", "a"],
    ["flag", "true"],
    ["int", "9007199254740993"],
    ["list", '["1",null]'],
    ["map", '{"k":0.5}'],
    ["__proto__", "b"],
  ]);
});

test("histograms have a sum, a count and cumulative buckets", () => {
  const point = { count: "6", sum: 11.5, bucketCounts: ["1", "2", "3"], explicitBounds: [0.5, 1] };
  expect(summary(metric({ histogram: { ...cumulative, dataPoints: [point] } }))).toEqual([
    ["m_sum", {}, 11.5],
    ["m_count", {}, "6"],
    ["m_bucket", { le: "0.5" }, "1"],
    ["m_bucket", { le: "1" }, "3"],
    ["m_bucket", { le: "+Inf" }, "6"],
  ]);
});

test("exponential histograms have bounds that are powers of their base", () => {
  const point = {
    count: "7",
    scale: 0,
    zeroCount: "1",
    positive: { offset: 1, bucketCounts: ["2", "3"] },
    negative: { offset: 0, bucketCounts: ["1"] },
  };
  expect(summary(metric({ exponentialHistogram: { ...cumulative, dataPoints: [point] } }))).toEqual(
    [
      ["m_count", {}, "7"],
      ["m_bucket", { le: "-1" }, "1"],
      ["m_bucket", { le: "0" }, "2"],
      ["m_bucket", { le: "4" }, "4"],
      ["m_bucket", { le: "8" }, "7"],
      ["m_bucket", { le: "+Inf" }, "7"],
    ],
  );
});

test("summaries have quantiles, a sum and a count", () => {
  const point = { count: "3", sum: 1.5, quantileValues: [{ quantile: 0.99, value: 0.7 }] };
  expect(summary(metric({ summary: { dataPoints: [point] } }))).toEqual([
    ["m", { quantile: "0.99" }, 0.7],
    ["m_sum", {}, 1.5],
    ["m_count", {}, "3"],
  ]);
});

test("requests without data have no envelopes", () => {
  expect(toEnvelopes({})).toEqual([]);
  expect(() => toEnvelopes(undefined as never)).toThrow("requests must be an object");
  const partial = { logs: { resourceLogs: [{}] } } as never;
  expect(() => toEnvelopes(partial)).toThrow(
    expect.objectContaining({
      name: "TypeError",
      option: "requests",
      message: expect.stringContaining("decoded OTLP requests, without missing fields"),
      cause: expect.any(TypeError),
    }),
  );
});
