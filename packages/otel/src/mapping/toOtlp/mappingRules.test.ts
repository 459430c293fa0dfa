// The rules of each mapping, one by one, for the same envelopes in every mode.
import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  Log_Type,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { describe, expect, test } from "vitest";
import type { KeyValue, Metric } from "../../messages.js";
import { type OtlpMode, toOtlp } from "./toOtlp.js";

const modes: readonly OtlpMode[] = ["cf", "receiver", "semconv"];
const observedTime = 9n;
const timestamp = 5n;
const ids = { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" };

/** Runs a test in each mode with its expected value. */
function rule<T>(
  title: string,
  expected: Readonly<Record<OtlpMode, T>>,
  actual: (mode: OtlpMode) => unknown,
): void {
  test.each(modes)(`${title}: %s`, (mode) => {
    expect(actual(mode)).toEqual(expected[mode]);
  });
}

const map = (mode: OtlpMode, ...envelopes: Envelope[]) => toOtlp(envelopes, { mode, observedTime });

function plain(attributes: readonly KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value?.value?.value]));
}

function recordOf(mode: OtlpMode, envelope: Envelope) {
  return map(mode, envelope).logs?.resourceLogs[0]?.scopeLogs[0]?.logRecords[0];
}

function metricsOf(mode: OtlpMode, envelope: Envelope): readonly Metric[] {
  return map(mode, envelope).metrics?.resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? [];
}

function spanOf(mode: OtlpMode, envelope: Envelope) {
  return map(mode, envelope).traces?.resourceSpans[0]?.scopeSpans[0]?.spans[0];
}

describe("attributes and resources", () => {
  const full = {
    sourceId: "src",
    instanceId: "1",
    tags: {
      ...ids,
      origin: "rep",
      instance_id: "7",
      source_id: "tag",
      __v1_type: "1",
      ip: "10.0.0.1",
    },
  };
  rule(
    "attributes of a record",
    {
      cf: { instance_id: "1", source_id: "src", origin: "rep", ip: "10.0.0.1" },
      receiver: {
        "org.cloudfoundry.trace_id": ids.trace_id,
        "org.cloudfoundry.span_id": ids.span_id,
        "org.cloudfoundry.origin": "rep",
        "org.cloudfoundry.instance_id": "1",
        "org.cloudfoundry.source_id": "src",
        "org.cloudfoundry.__v1_type": "1",
        "org.cloudfoundry.ip": "10.0.0.1",
      },
      semconv: {
        "cloudfoundry.source.id": "src",
        origin: "rep",
        ip: "10.0.0.1",
        "log.iostream": "stderr",
      },
    },
    (mode) => plain(recordOf(mode, logEnvelope("a", full))?.attributes),
  );

  rule(
    "empty ids",
    {
      cf: { instance_id: "", source_id: "" },
      receiver: {},
      semconv: { "cloudfoundry.source.id": "", "log.iostream": "stderr" },
    },
    (mode) => plain(recordOf(mode, logEnvelope("a"))?.attributes),
  );

  rule(
    "an empty source id is completed from the tag origin, before the mapping",
    { cf: "rep", receiver: undefined, semconv: "rep" },
    (mode) => {
      const attributes = plain(
        recordOf(mode, logEnvelope("a", { tags: { origin: "rep" } }))?.attributes,
      );
      return attributes["source_id"] ?? attributes["cloudfoundry.source.id"];
    },
  );

  rule(
    "deprecated tags become tags",
    {
      cf: ["1", "7", "0.5"],
      receiver: [undefined, undefined, undefined],
      semconv: ["1", "7", "0.5"],
    },
    (mode) => {
      const deprecatedTags = {
        text: { data: { $case: "text" as const, value: "1" } },
        integer: { data: { $case: "integer" as const, value: 7n } },
        decimal: { data: { $case: "decimal" as const, value: 0.5 } },
      };
      const envelope = { ...logEnvelope("a"), deprecatedTags };
      const { text, integer, decimal } = plain(recordOf(mode, envelope)?.attributes);
      return [text, integer, decimal];
    },
  );

  rule(
    "the scope, and no schema URL",
    {
      cf: [undefined, "", ""],
      receiver: ["otelcol/cloudfoundry", "", ""],
      semconv: ["@loggregator/otel", "", ""],
    },
    (mode) => {
      const group = map(mode, logEnvelope("a")).logs?.resourceLogs[0];
      const scopeLogs = group?.scopeLogs[0];
      return [scopeLogs?.scope?.name, group?.schemaUrl, scopeLogs?.schemaUrl];
    },
  );
});

describe("logs and events", () => {
  rule(
    "times and severities of stdout, stderr and an unknown type",
    {
      cf: [
        [5n, 9n, 9, "SEVERITY_NUMBER_INFO", "a"],
        [5n, 9n, 17, "SEVERITY_NUMBER_ERROR", "a"],
        [5n, 9n, 0, "SEVERITY_NUMBER_UNSPECIFIED", "a"],
      ],
      receiver: [[5n, 9n, 9, "Info", "a"], [5n, 9n, 17, "Error", "a"], []],
      semconv: [
        [5n, 9n, 9, "INFO", "a"],
        [5n, 9n, 17, "ERROR", "a"],
        [5n, 9n, 9, "INFO", "a"],
      ],
    },
    (mode) =>
      [Log_Type.OUT, Log_Type.ERR, 9].map((type) => {
        const envelope = logEnvelope("a", { timestamp });
        const value = { ...envelope.message.value, type: type as Log_Type };
        const record = recordOf(mode, { ...envelope, message: { $case: "log", value } });
        return record === undefined
          ? []
          : [
              record.timeUnixNano,
              record.observedTimeUnixNano,
              record.severityNumber,
              record.severityText,
              record.body?.value?.value,
            ];
      }),
  );

  rule(
    "trace context of records",
    { cf: ["", ""], receiver: ["", ""], semconv: [ids.trace_id, ids.span_id] },
    (mode) => {
      const { traceId = [], spanId = [] } = recordOf(mode, logEnvelope("a", { tags: ids })) ?? {};
      return [traceId, spanId].map((bytes) => Buffer.from(bytes).toString("hex"));
    },
  );

  rule(
    "payloads that are not UTF-8",
    { cf: "\u{fffd}A", receiver: "\u{fffd}A", semconv: "\u{fffd}A" },
    (mode) => recordOf(mode, logEnvelope(Uint8Array.of(0xff, 0x41)))?.body?.value?.value,
  );

  rule<unknown>(
    "events",
    {
      cf: [
        "",
        0,
        {
          values: [
            { key: "title", value: { value: { $case: "stringValue", value: "t" } } },
            { key: "body", value: { value: { $case: "stringValue", value: "b" } } },
          ],
        },
      ],
      receiver: undefined,
      semconv: ["cloudfoundry.event", 9, "b"],
    },
    (mode) => {
      const record = recordOf(mode, eventEnvelope("t", "b"));
      return record && [record.eventName, record.severityNumber, record.body?.value?.value];
    },
  );
});

describe("metrics", () => {
  rule(
    "counters: name, unit, temporality, monotonic, start, time and value",
    {
      cf: [["c", "", 2, true, 0n, 5n, 7n]],
      receiver: [["rep.c", "", 0, false, 9n, 5n, 7]],
      semconv: [["c", "{count}", 2, true, 0n, 5n, 7n]],
    },
    (mode) =>
      metricsOf(mode, counterEnvelope("c", { total: 7n, timestamp, tags: { origin: "rep" } })).map(
        ({ name, unit, data }) => {
          if (data?.$case !== "sum") {
            return data?.$case;
          }
          const { aggregationTemporality, isMonotonic, dataPoints } = data.value;
          const [point] = dataPoints;
          return [
            ...[name, unit, aggregationTemporality, isMonotonic],
            ...[point?.startTimeUnixNano, point?.timeUnixNano, point?.value?.value],
          ];
        },
      ),
  );

  rule("counters with a delta and no total", { cf: [3n], receiver: [0], semconv: [3n] }, (mode) =>
    metricsOf(mode, counterEnvelope("c", { delta: 3 })).map(({ data }) =>
      data?.$case === "sum" ? data.value.dataPoints[0]?.value?.value : data?.$case,
    ),
  );

  rule("totals from 2^63 on", { cf: [1n], receiver: [2 ** 63], semconv: [2 ** 63] }, (mode) =>
    metricsOf(mode, counterEnvelope("c", { total: 2n ** 63n + 1n })).map(({ data }) =>
      data?.$case === "sum" ? data.value.dataPoints[0]?.value?.value : data?.$case,
    ),
  );

  rule(
    "gauges: one metric for each value",
    {
      cf: [
        ["cpu", "percentage", 5n, 0.5],
        ["memory", "bytes", 5n, 7],
      ],
      receiver: [
        [".cpu", "", 5n, 0.5],
        [".memory", "", 5n, 7],
      ],
      semconv: [
        ["cpu", "percentage", 5n, 0.5],
        ["memory", "bytes", 5n, 7],
      ],
    },
    (mode) => {
      const metrics = {
        cpu: { value: 0.5, unit: "percentage" },
        memory: { value: 7, unit: "bytes" },
      };
      return metricsOf(mode, gaugeEnvelope(metrics, { timestamp })).map(({ name, unit, data }) => {
        const point = data?.$case === "gauge" ? data.value.dataPoints[0] : undefined;
        return [name, unit, point?.timeUnixNano, point?.value?.value];
      });
    },
  );
});

describe("timers", () => {
  const timer = (tags: Record<string, string>) => timerEnvelope("http", 1n, 2n, { tags });
  const none = undefined;
  const rows: [string, Record<string, string>, Record<OtlpMode, unknown>][] = [
    ["without ids", {}, { cf: none, receiver: none, semconv: none }],
    ["with an empty id", { ...ids, span_id: "" }, { cf: none, receiver: none, semconv: none }],
    ["not hexadecimal", { ...ids, span_id: "xyz!" }, { cf: none, receiver: none, semconv: none }],
    [
      "with ids of another length",
      { trace_id: "ab", span_id: "cd" },
      { cf: ["http", 1, "ab"], receiver: none, semconv: none },
    ],
    [
      "of clients",
      { ...ids, peer_type: "Client" },
      { cf: none, receiver: none, semconv: ["http", 3, ids.trace_id] },
    ],
    [
      "of servers, with a URI",
      { ...ids, peer_type: "Server", uri: "https://a.example/b?c", method: "GET" },
      { cf: ["/b", 2, ids.trace_id], receiver: none, semconv: ["GET", 2, ids.trace_id] },
    ],
    [
      "with a URI without a path",
      { ...ids, uri: "https://a.example" },
      { cf: ["", 1, ids.trace_id], receiver: none, semconv: ["http", 1, ids.trace_id] },
    ],
    [
      "with an invalid URI",
      { ...ids, uri: "::bad" },
      { cf: ["http", 1, ids.trace_id], receiver: none, semconv: ["http", 1, ids.trace_id] },
    ],
  ];
  for (const [title, tags, expected] of rows) {
    rule(`${title}: name, kind and trace id`, expected, (mode) => {
      const span = spanOf(mode, timer(tags));
      return span && [span.name, span.kind, Buffer.from(span.traceId).toString("hex")];
    });
  }

  rule<unknown>(
    "times, parent and status",
    { cf: [1n, 2n, 0, 0], receiver: none, semconv: [1n, 2n, 0, 2] },
    (mode) => {
      const span = spanOf(mode, timer({ ...ids, status_code: "500", peer_type: "Server" }));
      const { startTimeUnixNano, endTimeUnixNano, parentSpanId, status } = span ?? {};
      return span && [startTimeUnixNano, endTimeUnixNano, parentSpanId?.length, status?.code];
    },
  );
});
