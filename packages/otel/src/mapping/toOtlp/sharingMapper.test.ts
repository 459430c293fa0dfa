import {
  counterEnvelope,
  type Envelope,
  eventEnvelope,
  gaugeEnvelope,
  logEnvelope,
  timerEnvelope,
} from "@loggregator/api";
import { expect, test, vi } from "vitest";
import { encodeRequest } from "../../exporter/encoding/encodeRequest.js";
import {
  ExportLogsServiceRequest,
  ExportMetricsServiceRequest,
  ExportTraceServiceRequest,
} from "../../messages.js";
import type { OtlpRequests } from "../otlpRequests.js";
import { type OtlpMode, sharingMapper, toOtlp } from "./toOtlp.js";

const app = { app_id: "guid", app_name: "shop", origin: "rep", deployment: "cf", job: "cell" };

function log(text: string, tags: Record<string, string> = app, instanceId = "0"): Envelope {
  const stream = text.startsWith("!") ? "stderr" : "stdout";
  // Each envelope has its own tags object, as from the decoder.
  return logEnvelope(text, { sourceId: "guid", instanceId, stream, tags: { ...tags } });
}

const gauge = (tags: Record<string, string>): Envelope =>
  gaugeEnvelope(
    { cpu: { value: 1.5, unit: "percentage" }, memory: { value: 2, unit: "bytes" } },
    { sourceId: "guid", instanceId: "0", tags: { ...app, ...tags } },
  );

const counter = (tags: Record<string, string>): Envelope =>
  counterEnvelope("requests", { total: 7n, sourceId: "guid", tags: { ...app, ...tags } });

const timer = (requestId: string): Envelope =>
  timerEnvelope("http", 1n, 2n, {
    sourceId: "guid",
    instanceId: "0",
    tags: {
      ...app,
      request_id: requestId,
      uri: "http://shop.example/ü%20?a=b",
      status_code: "500",
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      span_id: "b7ad6b7169203331",
    },
  });

function mapperOf(options: Parameters<typeof sharingMapper>[0]) {
  const { complete, map } = sharingMapper(options);
  return (envelopes: readonly Envelope[]) => map(envelopes.map(complete));
}

const batches: readonly (readonly Envelope[])[] = [
  [log("a"), log("b"), log("!c"), log("ü".repeat(200)), log("d")],
  [log("e"), log("!f"), log("g", app, "1"), eventEnvelope("title", "body", { sourceId: "guid" })],
  // Tags that are removed, added or changed, and tags of another resource.
  [log("h"), log("i", { app_id: "guid" }), log("j", { ...app, new: "x" }), log("k", app), log("l")],
  [log("m", { ...app, origin: "x" }), log("n", { ...app, origin: "x" }), log("o", { job: "x" })],
  [log("p", { ...app, app_name: "renamed" }), log("q", { ...app, app_name: "renamed" }), log("r")],
  [log("s", { ...app, trace_id: "0af7651916cd43dd8448eb211c80319c" }), log("t")],
  [gauge({}), counter({}), log("w"), gauge({}), counter({}), log("x"), gauge({ new: "y" })],
  [gauge({}), gauge({ job: "x" }), counter({ job: "x" }), counter({ index: "1" }), timer("a")],
  [timer("b"), log("y"), timer("c"), gauge({}), timer("d"), log("z"), counter({}), timer("e")],
  [log("u", { long: "x".repeat(5_000) }), log("v", { long: "x".repeat(5_000) })],
];

/** The requests after encoding and decoding. The observed time is the current one. */
function decoded(requests: OtlpRequests, encode: typeof encodeRequest): string[] {
  return signals.map(([signal, message]) =>
    JSON.stringify(message.decode(encode(signal, requests)), (name, value) =>
      typeof value === "bigint" ? name !== "observedTimeUnixNano" && `${value}` : value,
    ),
  );
}

const signals = [
  ["logs", ExportLogsServiceRequest],
  ["metrics", ExportMetricsServiceRequest],
  ["traces", ExportTraceServiceRequest],
] as const;

/** The generated encoders. */
const encodePlainly: typeof encodeRequest = (signal, requests) => {
  const [, message] = signals.find(([name]) => name === signal) as (typeof signals)[0];
  return message.encode(message.fromPartial((requests[signal] ?? {}) as never)).finish();
};

test.each<OtlpMode>(["semconv", "cf"])(
  "mode %s: requests that share attributes are equal to those that do not",
  (mode) => {
    const map = mapperOf({ mode });
    for (const envelopes of [...batches, ...batches]) {
      const shared = decoded(map(envelopes), encodeRequest);
      expect(shared).toEqual(decoded(toOtlp(envelopes, { mode }), encodePlainly));
    }
  },
);

test("in the mode receiver, all requests have the time at which the mapper was created", () => {
  const clock = vi.spyOn(Date, "now").mockReturnValue(1_000);
  try {
    const map = mapperOf({ mode: "receiver" });
    clock.mockReturnValue(2_000);
    const { logs, metrics } = map([log("a"), counter({})]);
    const observedTime = 1_000_000_000n;
    expect(logs).toMatchObject({
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ observedTimeUnixNano: observedTime }] }] }],
    });
    const dataPoints = [{ startTimeUnixNano: observedTime }];
    expect(metrics).toMatchObject({
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ data: { value: { dataPoints } } }] }] }],
    });
  } finally {
    clock.mockRestore();
  }
});

test("resourceAttributes apply to all requests, and are checked before the first", () => {
  const options = { mode: "receiver", resourceAttributes: true } as const;
  const { logs } = mapperOf(options)([log("a")]);
  expect(logs?.resourceLogs[0]?.resource).toEqual(
    toOtlp([log("a")], options).logs?.resourceLogs[0]?.resource,
  );
  expect(() => sharingMapper({ resourceAttributes: 1 as never })).toThrow(
    "resourceAttributes must",
  );
});

test("an envelope whose tags change between two calls is mapped with the new ones", () => {
  const map = mapperOf({});
  const envelope = log("a", { version: "1" });
  for (const version of ["1", "2", "3", "3"]) {
    envelope.tags["version"] = version;
    const plain = decoded(toOtlp([envelope]), encodePlainly);
    expect(decoded(map([envelope]), encodeRequest)).toEqual(plain);
  }
});

test("maps correctly with more instances than are cached", () => {
  const map = mapperOf({});
  const envelopes = Array.from({ length: 4_100 }, (_, i) => log("a", app, `${i}`));
  const { length } = encodePlainly("logs", toOtlp(envelopes));
  for (let round = 0; round < 2; round++) {
    expect(encodeRequest("logs", map(envelopes)).length).toBe(length);
  }
});

test("toOtlp returns attributes that may be changed", () => {
  const { logs } = toOtlp([log("a"), log("b"), log("c")]);
  const records = logs?.resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
  const attributes = records.flatMap((record) => record.attributes);
  expect(new Set(attributes).size).toBe(attributes.length);
  expect(records).toHaveLength(3);
});
