import {
  type Envelope,
  isCounter,
  isEvent,
  isGauge,
  isLog,
  isTimer,
  logText,
} from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { IngressClient } from "@loggregator/ingress";
import { reserveTcpPort } from "@loggregator/testing";
import { context, SpanKind, trace } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { LogRecordExporter as LogRecordExporter3 } from "sdk-logs-3";
import type { PushMetricExporter as PushMetricExporter3 } from "sdk-metrics-3";
import type { SpanExporter as SpanExporter3 } from "sdk-trace-3";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  FlushTimeoutError,
  LoggregatorLogRecordExporter,
  LoggregatorMetricExporter,
  LoggregatorSpanExporter,
} from "../sdk.js";

let emulator: Emulator;
let client: IngressClient;
let received: Envelope[];

const resource = resourceFromAttributes({ "service.name": "shop", "service.instance.id": "2" });

beforeAll(async () => {
  emulator = await startEmulator({ onEnvelope: (envelope) => received.push(envelope) });
  client = new IngressClient({
    address: emulator.ingress.address,
    tls: emulator.tls.ingress,
    delivery: "acknowledged",
  });
});

beforeEach(() => {
  received = [];
});

afterAll(async () => {
  await client.close();
  await emulator.close();
});

test("spans become timers, and forceFlush flushes the client", async () => {
  const exporter = new LoggregatorSpanExporter(client);
  const processor = new BatchSpanProcessor(exporter);
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  const span = provider.getTracer("t").startSpan("GET /", {
    kind: SpanKind.SERVER,
    startTime: [1_700_000_000, 5],
    attributes: { "url.path": "/cart", "http.response.status_code": 200, ok: true },
  });
  span.end([1_700_000_001, 6]);
  await provider.forceFlush();
  // The processor exports its spans, but does not flush its exporter.
  await exporter.forceFlush();
  const [timer] = received.filter(isTimer);
  const { traceId, spanId } = span.spanContext();
  expect(timer).toMatchObject({
    sourceId: "shop",
    instanceId: "2",
    tags: {
      trace_id: traceId,
      span_id: spanId,
      peer_type: "Server",
      uri: "/cart",
      "http.response.status_code": "200",
      ok: "true",
    },
    message: {
      value: { name: "GET /", start: 1_700_000_000_000_000_005n, stop: 1_700_000_001_000_000_006n },
    },
  });
  await provider.shutdown();
  // The client is still open.
  client.emitLog("still open");
  await client.flush();
  expect(received.filter(isLog)).toHaveLength(1);
});

test("log records become logs with trace context, and those with an event name events", async () => {
  const exporter = new LoggregatorLogRecordExporter(client, {
    sourceId: "app-guid",
    instanceId: "0",
    tags: { deployment: "cf" },
  });
  const provider = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger("l");
  const spanContext = {
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    spanId: "00f067aa0ba902b7",
    traceFlags: 1,
  };
  logger.emit({
    body: "failed",
    severityNumber: SeverityNumber.ERROR,
    attributes: { user: "a", list: [1, 2.5] },
    timestamp: [1_700_000_000, 1],
    context: trace.setSpanContext(context.active(), spanContext),
  });
  logger.emit({ body: { a: 1, b: [null, "c"] }, severityNumber: SeverityNumber.INFO });
  logger.emit({ eventName: "deployed", body: "v42" });
  await provider.forceFlush();
  await exporter.forceFlush();
  const [failed, structured] = received.filter(isLog);
  expect(failed).toMatchObject({
    timestamp: 1_700_000_000_000_000_001n,
    sourceId: "app-guid",
    instanceId: "0",
    tags: {
      trace_id: spanContext.traceId,
      span_id: spanContext.spanId,
      user: "a",
      list: '["1",2.5]',
      deployment: "cf",
    },
    message: { value: { type: 1 } },
  });
  expect(structured && logText(structured)).toBe('{"a":"1","b":[null,"c"]}');
  expect(received.filter(isEvent)).toMatchObject([
    { message: { value: { title: "deployed", body: "v42" } } },
  ]);
  await provider.shutdown();
});

test.each(["cumulative", "delta"] as const)("metrics, %s", async (temporality) => {
  const exporter = new LoggregatorMetricExporter(client, { temporality, sourceId: temporality });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter("m");
  const requests = meter.createCounter("requests");
  const open = meter.createUpDownCounter("open");
  const latency = meter.createHistogram("latency", {
    unit: "ms",
    advice: { explicitBucketBoundaries: [10, 100] },
  });
  meter
    .createObservableGauge("memory", { unit: "By" })
    .addCallback((result) => result.observe(5.5, { pool: "old" }));
  const record = () => {
    requests.add(3, { route: "/" });
    open.add(-1);
    latency.record(20);
    latency.record(200);
  };
  record();
  await provider.forceFlush();
  received = [];
  record();
  await provider.forceFlush();
  const counters = received.filter(isCounter).map(({ tags, message }) => {
    const { name, delta, total } = message.value;
    return [name, tags["le"] ?? tags["route"], delta, total];
  });
  const gauges = received
    .filter(isGauge)
    .flatMap(({ message }) => Object.entries(message.value.metrics));
  // The agent sums up deltas: the totals are the same.
  const count = (name: string, tag: string | undefined, n: bigint) =>
    [name, tag, temporality === "delta" ? n : 0n, 2n * n] as const;
  expect(counters).toEqual([
    count("requests", "/", 3n),
    count("latency_count", undefined, 2n),
    count("latency_bucket", "10", 0n),
    count("latency_bucket", "100", 1n),
    count("latency_bucket", "+Inf", 2n),
  ]);
  const sum = temporality === "delta" ? 220 : 440;
  expect(gauges).toEqual([
    ["open", { value: -2, unit: "" }],
    ["latency_sum", { value: sum, unit: "ms" }],
    ["memory", { value: 5.5, unit: "By" }],
  ]);
  await provider.shutdown();
});

test("after shutdown, and if the emitter throws, exports fail", async () => {
  const failing = new LoggregatorSpanExporter({
    emit() {
      throw new Error("no");
    },
  });
  const results: (Error | undefined)[] = [];
  const span = { ...readableSpan, spanContext: () => ({ traceId: "", spanId: "" }) };
  failing.export([span], ({ error }) => results.push(error));
  await failing.shutdown();
  await failing.shutdown();
  failing.export([span], ({ error }) => results.push(error));
  expect(results.map((error) => error?.message)).toEqual(["no", "the exporter was shut down"]);
});

const readableSpan = {
  name: "s",
  kind: 0,
  startTime: [1, 0],
  endTime: [2, 0],
  attributes: {},
  resource: { attributes: {} },
} as const;

test("an Emitter without emit is enough for logs and metrics", () => {
  const calls: unknown[] = [];
  const emitter = {
    emitLog: (message: string | Uint8Array, options: object = {}) =>
      calls.push([Buffer.from(message).toString(), options]),
    emitCounter: () => {},
    emitGauge: () => {},
  };
  const exporter = new LoggregatorLogRecordExporter(emitter);
  const { resource, attributes } = readableSpan;
  const record = { hrTime: [1, 0], hrTimeObserved: [1, 0], resource, attributes } as const;
  exporter.export([{ ...record, body: "a", eventName: "e", severityNumber: 17 }], () => {});
  expect(calls).toEqual([
    ["a", { sourceId: "", instanceId: "", tags: {}, timestamp: 1_000_000_000n, stream: "stderr" }],
  ]);
  expect(() => new LoggregatorSpanExporter(emitter as never)).toThrow(
    "emitter must be an object with emit, got an object",
  );
  expect(() => new LoggregatorMetricExporter({} as never)).toThrow(
    "emitter must be an object with emit, or emitCounter and emitGauge",
  );
  expect(() => new LoggregatorMetricExporter(client, { temporality: "x" as never })).toThrow(
    'temporality must be "cumulative" or "delta", got "x"',
  );
  expect(() => new LoggregatorSpanExporter(client, { source: "x" } as never)).toThrow(
    'unknown option "source"; did you mean "sourceId"?',
  );
});

test("the types fit version 3 of the SDK", () => {
  const exporters: [SpanExporter3, LogRecordExporter3, PushMetricExporter3] = [
    new LoggregatorSpanExporter(client),
    new LoggregatorLogRecordExporter(client),
    new LoggregatorMetricExporter(client),
  ];
  expect(exporters).toHaveLength(3);
});

test.each([
  ["LoggregatorSpanExporter", LoggregatorSpanExporter],
  ["LoggregatorLogRecordExporter", LoggregatorLogRecordExporter],
  ["LoggregatorMetricExporter", LoggregatorMetricExporter],
])("%s: forceFlush and shutdown end while the agent is down", async (_name, Exporter) => {
  await using port = await reserveTcpPort();
  const unreachable = new IngressClient({
    address: port.address,
    tls: emulator.tls.ingress,
    logger: null,
    closeTimeoutMs: 1,
  });
  unreachable.emitLog("waiting");
  const exporter = new Exporter(unreachable, { flushTimeoutMs: 20 });
  await expect(exporter.forceFlush()).rejects.toThrow(FlushTimeoutError);
  await expect(exporter.shutdown()).rejects.toMatchObject({
    name: "FlushTimeoutError",
    timeoutMs: 20,
    message:
      "the emitter was not flushed within 20 ms: is its server reachable? Unsent envelopes remain queued",
  });
  await exporter.shutdown();
  expect(unreachable.stats).toMatchObject({ queued: 1, dropped: 0 });
  await unreachable.close().catch(() => {});
});

test("forceFlush ends if the emitter ignores the signal, and rejects if the emitter does", async () => {
  const emitter = { emit() {}, flush: () => new Promise<void>(() => {}) };
  const silent = new LoggregatorSpanExporter(emitter, { flushTimeoutMs: 1 });
  await expect(silent.forceFlush()).rejects.toThrow(FlushTimeoutError);
  const failing = new LoggregatorSpanExporter({
    emit() {},
    flush() {
      throw new Error("no");
    },
  });
  await expect(failing.forceFlush()).rejects.toThrow("no");
  expect(() => new LoggregatorSpanExporter(emitter, { flushTimeoutMs: 0 })).toThrow(
    "flushTimeoutMs must be a positive number of milliseconds",
  );
});
