import { gzipSync } from "node:zlib";
import { ExportMetricsServiceRequest, ExportTraceServiceRequest } from "@loggregator/otel/messages";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  encodedLogs,
  gzip,
  json,
  logsRequest,
  post,
  spanId,
  traceId,
  withClient,
} from "../../testing/otlpRequests.js";
import {
  type Emulator,
  EmulatorClosedError,
  EmulatorTimeoutError,
  isOtlpLog,
  isOtlpMetric,
  isOtlpSpan,
  startEmulator,
} from "../index.js";

let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator({ otlp: { cors: ["http://localhost:5173"] } });
});

afterEach(() => {
  emulator.faults.clear();
  emulator.otlp.clear();
});

afterAll(async () => {
  await emulator.close();
});

describe("logs arrive as flat records", () => {
  test.each([
    [
      "gRPC with mutual TLS",
      "grpc",
      () => withClient(emulator, false, (c) => c.export(logsRequest("a"))),
    ],
    [
      "gRPC without TLS",
      "grpc",
      () => withClient(emulator, true, (c) => c.export(logsRequest("a"))),
    ],
    [
      "compressed gRPC",
      "grpc",
      () => withClient(emulator, true, (c) => c.export(logsRequest("a")), gzip),
    ],
    ["HTTP with protobuf", "http/protobuf", () => post(emulator, "/v1/logs", encodedLogs("a"))],
    [
      "compressed HTTP",
      "http/protobuf",
      () => post(emulator, "/v1/logs", gzipSync(encodedLogs("a")), { "content-encoding": "gzip" }),
    ],
  ] as const)("over %s", async (_name, protocol, send) => {
    const response = await send();
    if (response instanceof Response) {
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("application/x-protobuf");
      expect((await response.arrayBuffer()).byteLength).toBe(0);
    }
    const log = await emulator.otlp.next(isOtlpLog, { timeoutMs: 5_000 });
    expect(log).toMatchObject({
      signal: "logs",
      timeUnixNano: 1_700_000_000_123_456_789n,
      severityNumber: 9,
      severityText: "Info",
      body: "a",
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      spanId: "00f067aa0ba902b7",
      resource: { attributes: { "service.name": "shop" }, schemaUrl: "https://example.com/1.0" },
      scope: { name: "lib", version: "2", attributes: {}, schemaUrl: "" },
    });
    expect(Object.entries(log.attributes)).toEqual([
      ["__proto__", "kept"],
      ["count", 3n],
    ]);
    expect(log.request.protocol).toBe(protocol);
    expect(emulator.otlp.logs).toEqual([log]);
  });

  test("over HTTP with JSON: ids are hexadecimal, and integers keep all digits", async () => {
    const response = await post(
      emulator,
      "/v1/logs",
      `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":1700000000123456789,
        "observedTimeUnixNano":"1700000000123456790","traceId":"4BF92F3577B34DA6A3CE929D0E0E4736",
        "body":{"kvlistValue":{"values":[{"key":"n","value":{"intValue":"9007199254740993"}},
        {"key":"b","value":{"bytesValue":"AQI="}},{"key":"l","value":{"arrayValue":{"values":
        [{"doubleValue":1.5},{"boolValue":true},{}]}}}]}}}]}]}]}`,
      { ...json, "api-key": "k" },
    );
    expect([response.status, await response.text()]).toEqual([200, '{"partialSuccess":{}}']);
    const [log] = emulator.otlp.logs;
    expect(log).toMatchObject({
      timeUnixNano: 1_700_000_000_123_456_789n,
      observedTimeUnixNano: 1_700_000_000_123_456_790n,
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      body: { n: 9_007_199_254_740_993n, l: [1.5, true, undefined] },
      request: { protocol: "http/json", headers: { "api-key": "k" } },
    });
    expect(log?.body).toHaveProperty("b", new Uint8Array([1, 2]));
  });
});

test("metrics arrive as data points, and spans with events, links and status", async () => {
  const point = { timeUnixNano: 2n, startTimeUnixNano: 1n };
  const metrics = ExportMetricsServiceRequest.fromPartial({
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              {
                name: "requests",
                unit: "1",
                data: {
                  $case: "sum",
                  value: {
                    aggregationTemporality: 2,
                    isMonotonic: true,
                    dataPoints: [
                      { ...point, value: { $case: "asInt", value: 7n } },
                      { ...point, value: { $case: "asDouble", value: 0.5 } },
                    ],
                  },
                },
              },
              {
                name: "latency",
                data: {
                  $case: "histogram",
                  value: {
                    aggregationTemporality: 1,
                    dataPoints: [{ ...point, count: 3n, bucketCounts: [1n, 2n] }],
                  },
                },
              },
              { name: "empty" },
            ],
          },
        ],
      },
    ],
  });
  await post(emulator, "/v1/metrics", ExportMetricsServiceRequest.encode(metrics).finish());
  expect(emulator.otlp.metrics).toMatchObject([
    {
      name: "requests",
      unit: "1",
      type: "sum",
      temporality: "cumulative",
      isMonotonic: true,
      value: 7n,
      startTimeUnixNano: 1n,
      timeUnixNano: 2n,
    },
    { name: "requests", value: 0.5 },
    {
      name: "latency",
      type: "histogram",
      temporality: "delta",
      isMonotonic: false,
      value: undefined,
      point: { count: 3n, bucketCounts: [1n, 2n] },
    },
  ]);

  const spans = ExportTraceServiceRequest.fromPartial({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                traceId,
                spanId,
                name: "GET /",
                kind: 2,
                events: [{ name: "retry", timeUnixNano: 5n }],
                links: [{ traceId, spanId }],
                status: { code: 2, message: "failed" },
              },
            ],
          },
        ],
      },
    ],
  });
  await post(emulator, "/v1/traces", ExportTraceServiceRequest.encode(spans).finish());
  expect(await emulator.otlp.next(isOtlpSpan)).toMatchObject({
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
    parentSpanId: "",
    name: "GET /",
    kind: 2,
    events: [{ name: "retry", timeUnixNano: 5n, attributes: {} }],
    links: [{ spanId: "00f067aa0ba902b7" }],
    status: { code: 2, message: "failed" },
  });
});

describe("next and clear", () => {
  test("return each item once, in order", async () => {
    const second = emulator.otlp.next((item) => isOtlpLog(item) && item.body === "b");
    await post(emulator, "/v1/logs", encodedLogs("a", "b"));
    expect(await second).toMatchObject({ body: "b" });
    expect(await emulator.otlp.next(isOtlpLog)).toMatchObject({ body: "a" });
    await expect(emulator.otlp.next(isOtlpLog, { timeoutMs: 1 })).rejects.toThrow(
      EmulatorTimeoutError,
    );
    emulator.otlp.clear();
    expect(emulator.otlp.logs).toEqual([]);
  });

  test("report the number of received items on a timeout, or when the emulator closes", async () => {
    const other = await startEmulator();
    const waiting = other.otlp.next(isOtlpMetric);
    await Promise.all([
      expect(waiting).rejects.toThrow(EmulatorClosedError),
      expect(waiting).rejects.toThrow(/0 items were received over OTLP/),
      other.close(),
    ]);
  });

  test("the latest 10,000 items are kept, and all are counted", async () => {
    const before = emulator.stats.otlpReceived;
    const many = Array.from({ length: 10_001 }, (_, i) => String(i));
    await post(emulator, "/v1/logs", encodedLogs(...many));
    expect(emulator.otlp.logs).toHaveLength(10_000);
    expect(emulator.otlp.logs[0]?.body).toBe("1");
    expect(emulator.stats.otlpReceived - before).toBe(10_001);
  });
});

test("pages of permitted origins may send any header", async () => {
  const origin = "http://localhost:5173";
  const preflight = await fetch(`${emulator.otlp.url}/v1/logs`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,api-key",
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-origin")).toBe(origin);
  expect(preflight.headers.get("access-control-allow-methods")).toBe("POST");
  expect(preflight.headers.get("access-control-allow-headers")).toBe("content-type,api-key");
});

test("its addresses can be passed to the next emulator, and a taken one is reported", async () => {
  const first = await startEmulator();
  const { otlp, tls } = first;
  await expect(startEmulator({ otlp: { httpAddress: otlp.httpAddress } })).rejects.toMatchObject({
    name: "EmulatorStartError",
    option: "otlp.httpAddress",
  });
  await first.close();
  const second = await startEmulator({ otlp, tls });
  expect([second.otlp.url, second.otlp.address]).toEqual([otlp.url, otlp.address]);
  await second.close();
});
