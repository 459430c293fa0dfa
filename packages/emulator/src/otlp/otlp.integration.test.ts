import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { ChannelCredentials } from "@grpc/grpc-js";
import {
  ExportLogsServiceRequest,
  ExportLogsServiceResponse,
  ExportMetricsServiceRequest,
  ExportTraceServiceRequest,
  LogsServiceDefinition,
} from "@loggregator/otel/messages";
import {
  type Client,
  ClientError,
  createChannel,
  createClient,
  type Metadata,
  Status,
} from "nice-grpc";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
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

const text = (value: string) => ({ value: { $case: "stringValue" as const, value } });
const traceId = Buffer.from("4bf92f3577b34da6a3ce929d0e0e4736", "hex");
const spanId = Buffer.from("00f067aa0ba902b7", "hex");

function logsRequest(...bodies: string[]): ExportLogsServiceRequest {
  return ExportLogsServiceRequest.fromPartial({
    resourceLogs: [
      {
        resource: { attributes: [{ key: "service.name", value: text("shop") }] },
        schemaUrl: "https://example.com/1.0",
        scopeLogs: [
          {
            scope: { name: "lib", version: "2" },
            logRecords: bodies.map((body) => ({
              timeUnixNano: 1_700_000_000_123_456_789n,
              severityNumber: 9,
              severityText: "Info",
              body: text(body),
              attributes: [
                { key: "__proto__", value: text("kept") },
                { key: "count", value: { value: { $case: "intValue", value: 3n } } },
              ],
              traceId,
              spanId,
            })),
          },
        ],
      },
    ],
  });
}

const encodedLogs = (...bodies: string[]) =>
  ExportLogsServiceRequest.encode(logsRequest(...bodies)).finish();

function post(
  path: string,
  body: Uint8Array<ArrayBuffer> | string,
  headers: Record<string, string> = {},
) {
  return fetch(`${emulator.otlp.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf", ...headers },
    body,
  });
}

const json = { "content-type": "application/json" };

async function withClient<T>(
  isPlain: boolean,
  use: (client: Client<LogsServiceDefinition>) => Promise<T>,
  options = {},
): Promise<T> {
  const { address, httpAddress } = emulator.otlp;
  const { ca, cert, key, serverName } = emulator.tls.otlp;
  const channel = isPlain
    ? createChannel(httpAddress, ChannelCredentials.createInsecure(), options)
    : createChannel(
        address,
        ChannelCredentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(cert)),
        { ...options, "grpc.ssl_target_name_override": serverName },
      );
  try {
    return await use(createClient(LogsServiceDefinition, channel));
  } finally {
    channel.close();
  }
}

const gzip = { "grpc.default_compression_algorithm": 2 };

describe("logs arrive as flat records", () => {
  test.each([
    ["gRPC with mutual TLS", "grpc", () => withClient(false, (c) => c.export(logsRequest("a")))],
    ["gRPC without TLS", "grpc", () => withClient(true, (c) => c.export(logsRequest("a")))],
    ["compressed gRPC", "grpc", () => withClient(true, (c) => c.export(logsRequest("a")), gzip)],
    ["HTTP with protobuf", "http/protobuf", () => post("/v1/logs", encodedLogs("a"))],
    [
      "compressed HTTP",
      "http/protobuf",
      () => post("/v1/logs", gzipSync(encodedLogs("a")), { "content-encoding": "gzip" }),
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
  await post("/v1/metrics", ExportMetricsServiceRequest.encode(metrics).finish());
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
  await post("/v1/traces", ExportTraceServiceRequest.encode(spans).finish());
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
    await post("/v1/logs", encodedLogs("a", "b"));
    expect(await second).toMatchObject({ body: "b" });
    expect(await emulator.otlp.next(isOtlpLog)).toMatchObject({ body: "a" });
    await expect(emulator.otlp.next(isOtlpLog, { timeoutMs: 1 })).rejects.toThrow(
      EmulatorTimeoutError,
    );
    emulator.otlp.clear();
    expect(emulator.otlp.logs).toEqual([]);
  });

  test("say how much was received when they time out or the emulator closes", async () => {
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
    await post("/v1/logs", encodedLogs(...many));
    expect(emulator.otlp.logs).toHaveLength(10_000);
    expect(emulator.otlp.logs[0]?.body).toBe("1");
    expect(emulator.stats.otlpReceived - before).toBe(10_001);
  });
});

describe("faults", () => {
  test("a gRPC status refuses requests over both protocols", async () => {
    emulator.faults.otlp.refuse(Status.UNAVAILABLE, { message: "later", retryAfterMs: 1_500 });
    const trailers: (Uint8Array | undefined)[] = [];
    const onTrailer = (trailer: Metadata) => trailers.push(trailer.get("grpc-status-details-bin"));
    const failure = withClient(true, (c) => c.export(logsRequest("a"), { onTrailer }));
    await expect(failure).rejects.toMatchObject({ code: Status.UNAVAILABLE, details: "later" });
    const duration = Buffer.from([0x08, 1, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01]);
    expect(Buffer.from(trailers[0] ?? []).includes(duration)).toBe(true);

    const refused = await post("/v1/logs", "{}", json);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("2");
    expect(await refused.json()).toEqual({ code: 14, message: "later" });
    const binary = await post("/v1/logs", encodedLogs("a"));
    expect([...new Uint8Array(await binary.arrayBuffer())]).toEqual([
      8,
      14,
      18,
      5,
      ...Buffer.from("later"),
    ]);
    expect(emulator.otlp.logs).toEqual([]);
    emulator.faults.otlp.clear();
    expect((await post("/v1/logs", encodedLogs("a"))).status).toBe(200);
  });

  test.each([
    [429, Status.RESOURCE_EXHAUSTED],
    [502, Status.UNAVAILABLE],
    [418, Status.UNKNOWN],
  ])("the HTTP status %i too", async (status, code) => {
    emulator.faults.otlp.refuse(status);
    expect((await post("/v1/traces", "")).status).toBe(status);
    await expect(withClient(false, (c) => c.export(logsRequest("a")))).rejects.toMatchObject({
      code,
      details: "refused by the emulator",
    });
  });

  test("other statuses throw", () => {
    for (const status of [0, 17, 200, 600, 2.5]) {
      expect(() => emulator.faults.otlp.refuse(status)).toThrow(
        `status must be a gRPC status from 1 to 16, or an HTTP status from 400 to 599, got ${status}`,
      );
    }
  });

  test("partial success: the last items are not kept, and the answer says so", async () => {
    emulator.faults.otlp.acceptPartially(2, "too old");
    const response = await withClient(true, (c) => c.export(logsRequest("a", "b", "c")));
    const partialSuccess = { rejectedLogRecords: 2n, errorMessage: "too old" };
    expect(response.partialSuccess).toEqual(partialSuccess);
    const binary = await post("/v1/logs", encodedLogs("d"));
    const decoded = ExportLogsServiceResponse.decode(new Uint8Array(await binary.arrayBuffer()));
    expect(decoded.partialSuccess).toEqual({ ...partialSuccess, rejectedLogRecords: 1n });
    expect(await (await post("/v1/metrics", "{}", json)).json()).toEqual({
      partialSuccess: { rejectedDataPoints: "0", errorMessage: "too old" },
    });
    expect(emulator.otlp.logs.map(({ body }) => body)).toEqual(["a"]);
  });

  test("stop resets connections over both protocols, until start", async () => {
    emulator.faults.otlp.stop();
    await expect(post("/v1/logs", "")).rejects.toThrow();
    await expect(withClient(false, (c) => c.export(logsRequest("a")))).rejects.toThrow(ClientError);
    emulator.faults.otlp.start();
    expect((await post("/v1/logs", "")).status).toBe(200);
  });

  test("stopReading leaves requests hanging, until it is cleared", async () => {
    emulator.faults.otlp.stopReading();
    const hanging = Promise.all([
      post("/v1/logs", encodedLogs("a")),
      withClient(true, (c) => c.export(logsRequest("b"))),
    ]);
    await expect(emulator.otlp.next(isOtlpLog, { timeoutMs: 50 })).rejects.toThrow();
    emulator.faults.clear();
    await hanging;
    expect(emulator.otlp.logs).toHaveLength(2);
  });
});

describe("refused requests", () => {
  test.each([
    ["an unknown path", "/v1/profiles", {}, "", 404],
    ["another type of content", "/v1/logs", { "content-type": "text/plain" }, "", 415],
    ["malformed protobuf", "/v1/logs", {}, "\xff", 400],
    ["malformed JSON", "/v1/logs", json, "{", 400],
    ["JSON that is not an object", "/v1/logs", json, "[]", 400],
    [
      "an id in base64",
      "/v1/logs",
      json,
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"S/kvNXezTaajzpKdDg5HNg=="}]}]}]}',
      400,
    ],
    ["malformed gzip", "/v1/logs", { "content-encoding": "gzip" }, "x", 400],
    ["another compression", "/v1/logs", { "content-encoding": "br" }, "x", 400],
    ["a host name of a website", "/v1/logs", { host: "evil.example.com" }, "", 403],
    ["a page of another origin", "/v1/logs", { "sec-fetch-site": "cross-site" }, "", 403],
  ])("%s", async (_name, path, headers, body, status) => {
    // `fetch` sets these headers itself.
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      const type = { "content-type": "application/x-protobuf" };
      const options = { method: "POST", headers: { ...type, ...headers } };
      request(`${emulator.otlp.url}${path}`, options, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end(body, "latin1");
    });
    expect(answered).toBe(status);
    expect(emulator.otlp.logs).toEqual([]);
  });

  test("GET", async () => {
    const response = await fetch(`${emulator.otlp.url}/v1/logs`);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("a body of more than 20 MiB, also after decompression", async () => {
    const large = Buffer.alloc(20 * 1024 * 1024 + 1);
    expect((await post("/v1/logs", large)).status).toBe(413);
    const bomb = await post("/v1/logs", gzipSync(large), { "content-encoding": "gzip" });
    expect(bomb.status).toBe(413);
  });

  test("malformed messages over gRPC", async () => {
    const bytes = Uint8Array.of(255);
    const requestType = { encode: () => ({ finish: () => bytes }), decode: () => bytes };
    const method = { ...LogsServiceDefinition.methods.export, requestType };
    const malformed = { ...LogsServiceDefinition, methods: { export: method } };
    const channel = createChannel(emulator.otlp.url);
    await expect(createClient(malformed, channel).export(bytes)).rejects.toMatchObject({
      code: Status.INTERNAL,
      details: expect.stringContaining("error unmarshalling request"),
    });
    channel.close();
  });

  test("messages of more than 4 MiB over gRPC, also compressed", async () => {
    const large = logsRequest("x".repeat(4 * 1024 * 1024));
    for (const options of [{}, gzip]) {
      const sent = withClient(true, (c) => c.export(large), options);
      await expect(sent).rejects.toMatchObject({ code: Status.RESOURCE_EXHAUSTED });
    }
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
