import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { EnvelopeCompleter } from "@loggregator/conversion";
import { describe, expect, test } from "vitest";
import { type KeyValue, SeverityNumber, Span_SpanKind } from "../../messages.js";
import type { OtlpRequests } from "../otlpRequests.js";
import { toOtlp } from "./toOtlp.js";

const timestamp = 1_795_363_066_942_000_000n;
const observedTime = timestamp + 5n;
const ids = { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" };
const app = {
  sourceId: "984992f6",
  instanceId: "2",
  timestamp,
  tags: {
    app_id: "984992f6",
    app_name: "checkout",
    space_name: "prod",
    organization_name: "acme",
    process_type: "web",
    deployment: "cf",
    job: "diego-cell",
    index: "8bba",
    source_type: "APP/PROC/WEB",
  },
};

function record(attributes: readonly KeyValue[] | undefined): Record<string, unknown> {
  return Object.fromEntries((attributes ?? []).map(({ key, value }) => [key, value?.value?.value]));
}

function logs({ logs }: OtlpRequests) {
  return (logs?.resourceLogs ?? []).flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ scope, logRecords }) =>
      logRecords.map((logRecord) => ({ resource, scope, logRecord })),
    ),
  );
}

function metrics({ metrics }: OtlpRequests) {
  return (metrics?.resourceMetrics ?? []).flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap((scope) => scope.metrics.map((metric) => ({ resource, metric }))),
  );
}

function spans({ traces }: OtlpRequests) {
  return (traces?.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ resource, span }))),
  );
}

describe("cf", () => {
  const cf = (...envelopes: Envelope[]) => toOtlp(envelopes, { mode: "cf", observedTime });

  test("each log and span has a resource of its own, metrics share one", () => {
    const timer = timerEnvelope("http", 1n, 2n, { ...app, tags: ids });
    const all = cf(
      ...[logEnvelope("a", app), logEnvelope("b", app), timer, timer],
      ...[counterEnvelope("c", app), gaugeEnvelope({ d: { value: 1 } }, app)],
    );
    expect(all.logs?.resourceLogs.map(({ resource }) => resource)).toEqual([undefined, undefined]);
    expect(all.traces?.resourceSpans).toHaveLength(2);
    expect(all.metrics?.resourceMetrics).toHaveLength(1);
    expect(metrics(all).map(({ metric }) => metric.name)).toEqual(["c", "d"]);
  });

  test("counters have running totals, without their top bit", () => {
    const completer = new EnvelopeCompleter();
    const values = [counterEnvelope("c", { delta: 2 }), counterEnvelope("c", { delta: 3 })].map(
      (envelope) => {
        const [first] = metrics(toOtlp([envelope], { mode: "cf", completer }));
        return first?.metric.data?.$case === "sum"
          ? first.metric.data.value.dataPoints[0]?.value?.value
          : undefined;
      },
    );
    expect(values).toEqual([2n, 5n]);
    const [large] = metrics(cf(counterEnvelope("c", { total: 2n ** 63n + 7n })));
    expect(large?.metric.data).toMatchObject({
      value: {
        isMonotonic: true,
        aggregationTemporality: 2,
        dataPoints: [{ value: { value: 7n } }],
      },
    });
  });

  test("spans are named by the path of their URI", () => {
    const name = (tags: Record<string, string>) =>
      spans(cf(timerEnvelope("http", 1n, 2n, { tags: { ...ids, ...tags } })))[0]?.span.name;
    expect(name({ uri: "https://x.example/a/b?c" })).toBe("/a/b");
    expect(name({ uri: "::bad" })).toBe("http");
    expect(name({})).toBe("http");
  });

  test.each([
    ["without ids", {}],
    ["with an id that is not hexadecimal", { ...ids, span_id: "zz" }],
    ["with an empty id", { ...ids, trace_id: "" }],
    ["of clients", { ...ids, peer_type: "Client" }],
  ])("timers %s are omitted", (_, tags) => {
    expect(cf(timerEnvelope("http", 1n, 2n, { tags }))).toEqual({});
  });
});

describe("receiver", () => {
  const receiver = (envelopes: Envelope[], resourceAttributes = false) =>
    toOtlp(envelopes, { mode: "receiver", observedTime, resourceAttributes });

  test("tags are attributes with a prefix, in one resource", () => {
    const all = receiver([
      logEnvelope("a", { ...app, stream: "stdout" }),
      logEnvelope("b", { timestamp, tags: { x: "y" } }),
    ]);
    const [first, second] = logs(all);
    expect(all.logs?.resourceLogs).toHaveLength(1);
    expect(first?.resource?.attributes).toEqual([]);
    expect(first?.scope?.name).toBe("otelcol/cloudfoundry");
    expect(first?.logRecord).toMatchObject({
      timeUnixNano: timestamp,
      observedTimeUnixNano: observedTime,
      severityNumber: SeverityNumber.SEVERITY_NUMBER_INFO,
      severityText: "Info",
    });
    expect(record(first?.logRecord.attributes)).toMatchObject({
      "org.cloudfoundry.app_name": "checkout",
      "org.cloudfoundry.source_id": "984992f6",
      "org.cloudfoundry.instance_id": "2",
    });
    expect(second?.logRecord).toMatchObject({ severityNumber: 17, severityText: "Error" });
    expect(record(second?.logRecord.attributes)).toEqual({ "org.cloudfoundry.x": "y" });
  });

  test("metrics are named by origin, counters are doubles without a temporality", () => {
    const tags = { origin: "rep" };
    const all = receiver([
      counterEnvelope("c", { total: 7n, timestamp, tags }),
      gaugeEnvelope({ g: { value: 0.5, unit: "ms" } }, { timestamp, tags: {} }),
    ]);
    expect(metrics(all).map(({ metric }) => metric)).toMatchObject([
      {
        name: "rep.c",
        data: {
          $case: "sum",
          value: {
            isMonotonic: false,
            aggregationTemporality: 0,
            dataPoints: [
              { startTimeUnixNano: observedTime, value: { $case: "asDouble", value: 7 } },
            ],
          },
        },
      },
      {
        name: ".g",
        unit: "",
        data: { $case: "gauge", value: { dataPoints: [{ value: { value: 0.5 } }] } },
      },
    ]);
  });

  test("with resourceAttributes, some attributes are those of the resource", () => {
    const [first] = logs(receiver([logEnvelope("a", app)], true));
    expect(record(first?.resource?.attributes)).toEqual({
      "org.cloudfoundry.process_type": "web",
      "org.cloudfoundry.deployment": "cf",
      "org.cloudfoundry.job": "diego-cell",
      "org.cloudfoundry.index": "8bba",
      "org.cloudfoundry.source_type": "APP/PROC/WEB",
      "org.cloudfoundry.source_id": "984992f6",
      "org.cloudfoundry.instance_id": "2",
    });
    expect(Object.keys(record(first?.logRecord.attributes))).toEqual([
      "org.cloudfoundry.app_id",
      "org.cloudfoundry.app_name",
      "org.cloudfoundry.space_name",
      "org.cloudfoundry.organization_name",
    ]);
  });

  test("timers, events and logs of unknown types are omitted", () => {
    const unknown = logEnvelope("a");
    unknown.message.value.type = 9 as never;
    const timer = timerEnvelope("http", 1n, 2n, { tags: ids });
    expect(receiver([timer, eventEnvelope("a", "b"), unknown])).toEqual({});
  });
});

describe("semconv", () => {
  const semconv = (...envelopes: Envelope[]) => toOtlp(envelopes, { observedTime });

  test("there is one resource per source and instance", () => {
    const all = semconv(
      ...[logEnvelope("a", app), logEnvelope("b", app), counterEnvelope("c", app)],
      logEnvelope("d", { ...app, instanceId: "3" }),
    );
    expect(all.logs?.resourceLogs).toHaveLength(2);
    expect(record(logs(all)[0]?.resource?.attributes)).toEqual({
      "service.name": "checkout",
      "service.instance.id": "2",
      "cloudfoundry.app.id": "984992f6",
      "cloudfoundry.app.name": "checkout",
      "cloudfoundry.space.name": "prod",
      "cloudfoundry.org.name": "acme",
      "cloudfoundry.process.type": "web",
      "cloudfoundry.app.instance.id": "2",
    });
    expect(metrics(all)[0]?.resource).toEqual(logs(all)[0]?.resource);
  });

  test("components become systems", () => {
    const tags = { deployment: "cf", job: "router", index: "8bba", origin: "gorouter" };
    const [first] = logs(semconv(logEnvelope("a", { sourceId: "gorouter", tags })));
    expect(record(first?.resource?.attributes)).toEqual({
      "service.name": "gorouter",
      "cloudfoundry.system.id": "cf/router",
      "cloudfoundry.system.instance.id": "8bba",
    });
    const [second] = logs(semconv(logEnvelope("a", { sourceId: "x", instanceId: "1" })));
    expect(record(second?.resource?.attributes)).toMatchObject({
      "cloudfoundry.system.id": "x",
      "cloudfoundry.system.instance.id": "1",
    });
    expect(record(logs(semconv(logEnvelope("a")))[0]?.resource?.attributes)).toEqual({
      "service.name": "unknown_service",
    });
  });

  test("logs have severity, stream and trace context", () => {
    const tags = { ...app.tags, ...ids };
    const [first] = logs(semconv(logEnvelope("a", { ...app, tags, stream: "stderr" })));
    expect(first?.logRecord).toMatchObject({
      timeUnixNano: timestamp,
      observedTimeUnixNano: observedTime,
      severityNumber: 17,
      severityText: "ERROR",
      body: { value: { value: "a" } },
    });
    expect(Buffer.from(first?.logRecord.traceId ?? "").toString("hex")).toBe(ids.trace_id);
    expect(Buffer.from(first?.logRecord.spanId ?? "").toString("hex")).toBe(ids.span_id);
    expect(record(first?.logRecord.attributes)).toEqual({
      "cloudfoundry.source.id": "984992f6",
      source_type: "APP/PROC/WEB",
      deployment: "cf",
      job: "diego-cell",
      index: "8bba",
      "log.iostream": "stderr",
    });
  });

  test("events are records with a name", () => {
    const [first] = logs(semconv(eventEnvelope("deploy", "v42 is live", app)));
    expect(first?.logRecord).toMatchObject({
      eventName: "cloudfoundry.event",
      body: { value: { value: "v42 is live" } },
    });
    expect(record(first?.logRecord.attributes)).toMatchObject({ title: "deploy" });
  });

  test("counters are cumulative sums, beyond an int64 as doubles", () => {
    const all = semconv(
      counterEnvelope("a", { total: 2n ** 63n - 1n }),
      counterEnvelope("b", { total: 2n ** 63n }),
    );
    expect(metrics(all).map(({ metric }) => metric.data)).toMatchObject([
      { value: { isMonotonic: true, dataPoints: [{ value: { value: 2n ** 63n - 1n } }] } },
      { value: { dataPoints: [{ value: { $case: "asDouble", value: 2 ** 63 } }] } },
    ]);
  });

  test("timers of requests are spans of HTTP", () => {
    const tags = {
      ...ids,
      peer_type: "Server",
      method: "get",
      uri: "/cart?id=1",
      status_code: "503",
    };
    const [first] = spans(semconv(timerEnvelope("http", 1n, 2n, { ...app, tags })));
    expect(first?.span).toMatchObject({
      name: "GET",
      kind: Span_SpanKind.SPAN_KIND_SERVER,
      startTimeUnixNano: 1n,
      endTimeUnixNano: 2n,
      status: { code: 2 },
    });
    expect(record(first?.span.attributes)).toMatchObject({
      "http.request.method": "GET",
      "url.path": "/cart",
      "http.response.status_code": 503n,
    });
  });

  test("timers whose ids have another length are omitted", () => {
    const tags = { trace_id: "4bf9", span_id: "00f0" };
    expect(semconv(timerEnvelope("http", 1n, 2n, { tags }))).toEqual({});
  });
});

test("text that is not UTF-8 is decoded with U+FFFD", () => {
  const [first] = logs(toOtlp([logEnvelope(Uint8Array.of(0xff, 0x41))]));
  expect(first?.logRecord.body?.value?.value).toBe("\u{fffd}A");
});

test("times before 1970 are unknown", () => {
  const [first] = logs(toOtlp([logEnvelope("a", { timestamp: -1n })]));
  expect(first?.logRecord.timeUnixNano).toBe(0n);
});

test.each([
  [{ mode: "CF" }, 'mode must be "semconv", "cf" or "receiver", got "CF"'],
  [{ mod: "cf" }, 'unknown option "mod"; did you mean "mode"?'],
  [{ observedTime: 5 }, "observedTime must be a bigint (UNIX nanoseconds) or a Date, got 5"],
  [{ completer: {} }, "completer must be an EnvelopeCompleter, got object"],
])("rejects %j", (options, message) => {
  expect(() => toOtlp([], options as never)).toThrow(message);
});

test("does not change its argument", () => {
  const envelope = counterEnvelope("c", { ...app, delta: 2 });
  const copy = structuredClone({ ...envelope });
  toOtlp([envelope], { mode: "cf" });
  expect({ ...envelope }).toEqual(copy);
});
