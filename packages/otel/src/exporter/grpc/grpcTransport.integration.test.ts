import { counterEnvelope, gaugeEnvelope, logEnvelope } from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { GrpcTestServer, Recorder, type TestCall } from "@loggregator/testing";
import { createCertificates } from "@loggregator/testing/certificates";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { OtlpExportError } from "../../errors.js";
import {
  ExportLogsServiceRequest,
  ExportLogsServiceResponse,
  ExportMetricsServiceRequest,
} from "../../messages.js";
import { OtlpExporter } from "../otlpExporter.js";
import type { OtlpExporterOptions } from "../otlpExporterOptions.js";

let certificates: Awaited<ReturnType<typeof createCertificates>>;

beforeAll(async () => {
  certificates = await createCertificates({ commonName: "otel-collector" });
});

async function start(answer: (call: TestCall, index: number) => void) {
  const requests = new Recorder<{ path: string; bytes: Uint8Array; headers: object }>();
  const server = await GrpcTestServer.start({
    tls: certificates.server,
    onCall: async (call, index) => {
      await call.read((bytes) => requests.add({ path: call.path, bytes, headers: call.headers }));
      answer(call, index);
    },
  });
  return { server, requests };
}

function exporterTo(address: string, onRetryableError?: (error: OtlpExportError) => void) {
  return new OtlpExporter({
    address,
    tls: certificates.client,
    headers: { "api-key": "k" },
    flushIntervalMs: 5,
    retry: { baseDelayMs: 5 },
    logger: null,
    onRetryableError,
  });
}

test("each signal is sent to its service, over mutual TLS", async () => {
  const { server, requests } = await start((call) => call.acknowledge());
  await using _ = server;
  await using exporter = exporterTo(server.address);
  exporter.export([logEnvelope("a"), counterEnvelope("c")]);
  await exporter.flush();
  const byPath = new Map(requests.values.map((request) => [request.path, request]));
  const logs = byPath.get("/opentelemetry.proto.collector.logs.v1.LogsService/Export");
  const metrics = byPath.get("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export");
  expect(
    ExportLogsServiceRequest.decode(logs?.bytes ?? new Uint8Array()).resourceLogs,
  ).toHaveLength(1);
  expect(
    ExportMetricsServiceRequest.decode(metrics?.bytes ?? new Uint8Array()).resourceMetrics,
  ).toHaveLength(1);
  expect(logs?.headers).toMatchObject({ "api-key": "k" });
  expect(exporter.stats).toMatchObject({ sent: 2, dropped: 0 });
});

test("partial success is counted", async () => {
  const { server } = await start((call) => {
    call.write(
      ExportLogsServiceResponse.encode({
        partialSuccess: { rejectedLogRecords: 1n, errorMessage: "too old" },
      }).finish(),
    );
    call.end(0);
  });
  await using _ = server;
  await using exporter = exporterTo(server.address);
  exporter.export([logEnvelope("a")]);
  await exporter.flush();
  expect(exporter.stats).toMatchObject({ sent: 1, rejected: 1 });
});

test("a malformed answer to an accepted request is a warning, and the request is not repeated", async () => {
  const { server, requests } = await start((call) => {
    call.write(new Uint8Array([10, 200]));
    call.end(0);
  });
  await using _ = server;
  const warnings: [number, string][] = [];
  await using exporter = new OtlpExporter({
    address: server.address,
    tls: certificates.client,
    logger: null,
    onRejected: (count, message) => warnings.push([count, message]),
  });
  exporter.export([logEnvelope("a")]);
  await exporter.flush();
  expect(exporter.stats).toMatchObject({ sent: 1, dropped: 0, rejected: 0, retries: 0 });
  expect(requests.values).toHaveLength(1);
  expect(warnings).toEqual([[0, expect.stringMatching(/^malformed response: /)]]);
});

/** google.rpc.Status with RetryInfo of 0.02 s. */
const retryInfo = (() => {
  const type = Buffer.from("type.googleapis.com/google.rpc.RetryInfo");
  const duration = Buffer.from([0x10, 0x80, 0xda, 0xc4, 0x09]);
  const info = Buffer.concat([Buffer.from([0x0a, duration.length]), duration]);
  const any = Buffer.concat([
    Buffer.from([0x0a, type.length]),
    type,
    Buffer.from([0x12, info.length]),
    info,
  ]);
  return Buffer.concat([Buffer.from([0x1a, any.length]), any]).toString("base64");
})();

test.each([
  ["CANCELLED", 1, {}],
  ["DEADLINE_EXCEEDED", 4, {}],
  ["ABORTED", 10, {}],
  ["OUT_OF_RANGE", 11, {}],
  ["UNAVAILABLE", 14, {}],
  ["DATA_LOSS", 15, {}],
  ["RESOURCE_EXHAUSTED with RetryInfo", 8, { "grpc-status-details-bin": retryInfo }],
])("a request is repeated after %s", async (_name, status, trailers) => {
  const { server } = await start((call, index) =>
    index === 0 ? call.end(status, "not now", trailers) : call.acknowledge(),
  );
  await using _ = server;
  const failed = new Recorder<OtlpExportError>();
  await using exporter = exporterTo(server.address, failed.add);
  exporter.export([logEnvelope("a")]);
  await exporter.flush();
  expect(exporter.stats).toMatchObject({ sent: 1, dropped: 0, retries: 1 });
  expect(failed.values).toMatchObject([{ status, retryable: true }]);
  if (status === 8) {
    expect(failed.values[0]?.retryAfterMs).toBe(20);
  }
});

test.each([
  ["UNKNOWN", 2],
  ["INVALID_ARGUMENT", 3],
  ["NOT_FOUND", 5],
  ["ALREADY_EXISTS", 6],
  ["PERMISSION_DENIED", 7],
  ["RESOURCE_EXHAUSTED", 8],
  ["FAILED_PRECONDITION", 9],
  ["UNIMPLEMENTED", 12],
  ["INTERNAL", 13],
  ["UNAUTHENTICATED", 16],
])("a request is dropped after %s", async (_name, status) => {
  const { server, requests } = await start((call) => call.end(status, "no"));
  await using _ = server;
  await using exporter = exporterTo(server.address);
  exporter.export([logEnvelope("a")]);
  await exporter.flush();
  expect(exporter.stats).toMatchObject({ sent: 0, dropped: 1, retries: 0 });
  expect(requests.values).toHaveLength(1);
});

describe("to the emulator", () => {
  let emulator: Emulator;

  beforeAll(async () => {
    emulator = await startEmulator();
  });

  afterEach(() => {
    emulator.otlp.clear();
  });

  afterAll(async () => {
    await emulator.close();
  });

  const plain = () => ({ address: emulator.otlp.httpAddress, tls: false as const });
  const authority = () => ({ ca: emulator.tls.otlp.ca });

  test.each<[string, () => OtlpExporterOptions]>([
    ["plain text", plain],
    ["plain text, compressed", () => ({ ...plain(), compression: "gzip" })],
    [
      "mutual TLS, compressed",
      () => ({ address: emulator.otlp.address, tls: emulator.tls.otlp, compression: "gzip" }),
    ],
    [
      "mutual TLS, certificates from a function",
      () => ({ address: emulator.otlp.address, tls: async () => emulator.tls.otlp }),
    ],
  ])("%s", async (_name, options) => {
    await using exporter = new OtlpExporter({ ...options(), logger: null });
    exporter.export([logEnvelope("a".repeat(10_000)), counterEnvelope("c")]);
    await exporter.flush();
    expect(exporter.stats).toMatchObject({ sent: 2, dropped: 0 });
    expect(emulator.otlp.logs.map(({ body }) => body)).toEqual(["a".repeat(10_000)]);
    expect(emulator.otlp.metrics.map(({ name }) => name)).toEqual(["c"]);
  });

  test.each(["semconv", "cf"] as const)(
    "mode %s: splits a request that would be too large",
    async (mode) => {
      const tags = Object.fromEntries(
        Array.from({ length: 15 }, (_, i) => [`tag_name_${i}`, "c4f0c2b6-3b9c-4f2e-9b1e-6d3a0e1b"]),
      );
      const metrics = Object.fromEntries(
        Array.from({ length: 10 }, (_, i) => [
          `system.metric.n${i}`,
          { value: i, unit: "percent" },
        ]),
      );
      const gauges = Array.from({ length: 500 }, () => gaugeEnvelope(metrics, { tags }));
      const counters = Array.from({ length: 10 }, () => counterEnvelope("requests"));
      await using exporter = new OtlpExporter({ ...plain(), mode, logger: null });
      exporter.export([...counters, ...gauges, ...counters]);
      await exporter.flush();
      expect(exporter.stats).toMatchObject({ sent: 520, dropped: 0 });
      expect(emulator.otlp.metrics).toHaveLength(5_020);
      // Envelopes of a divided request are completed once.
      const totals = emulator.otlp.metrics.flatMap(({ name, value }) =>
        name === "requests" ? [value] : [],
      );
      expect(totals).toEqual(Array.from({ length: 20 }, (_, i) => BigInt(i + 1)));
    },
  );

  test("each signal can have its own address", async () => {
    await using other = await startEmulator({ tls: emulator.tls });
    await using exporter = new OtlpExporter({
      address: emulator.otlp.httpAddress,
      tls: false,
      signals: { logs: { address: other.otlp.httpAddress } },
      logger: null,
    });
    exporter.export([logEnvelope("a"), counterEnvelope("c")]);
    await exporter.flush();
    expect([other.otlp.logs.length, other.otlp.metrics.length]).toEqual([1, 0]);
    expect([emulator.otlp.logs.length, emulator.otlp.metrics.length]).toEqual([0, 1]);
  });

  test.each<[string, () => OtlpExporterOptions, RegExp]>([
    [
      "TLS to a server without it",
      () => ({ address: emulator.otlp.httpAddress, tls: authority() }),
      /the server does not speak TLS/,
    ],
    [
      "plain text to a server with TLS",
      () => ({ address: emulator.otlp.address, tls: false }),
      /may require TLS|does not speak HTTP\/2/,
    ],
    [
      "no certificate for a server that requires one",
      () => ({ address: emulator.otlp.address, tls: authority() }),
      /requires a client certificate|may require TLS, or a client certificate/,
    ],
    [
      "an unknown authority",
      () => ({ address: emulator.otlp.address, tls: {} }),
      /is not signed by one of these authorities/,
    ],
    [
      "another server name",
      () => ({
        address: emulator.otlp.address,
        tls: { ...emulator.tls.otlp, serverName: "a.example" },
      }),
      /not for "a.example"/,
    ],
  ])("failure: %s", async (_name, options, message) => {
    const failed = new Recorder<OtlpExportError>();
    const exporter = new OtlpExporter({
      ...options(),
      logger: null,
      closeTimeoutMs: 1,
      onRetryableError: failed.add,
    });
    exporter.export([logEnvelope("a")]);
    await failed.count(1);
    await expect(exporter.close()).rejects.toThrow(OtlpExportError);
    expect(failed.values[0]?.message).toMatch(message);
  });

  test("certificates and keys are checked by the constructor", () => {
    const { address } = emulator.otlp;
    const { ca, cert } = emulator.tls.otlp;
    expect(() => new OtlpExporter({ address, tls: { ca, cert } })).toThrow(
      "tls.key must be set if tls.cert is set, got undefined",
    );
    expect(() => new OtlpExporter({ address, tls: { ca: "text" } })).toThrow(
      "tls.ca: no certificate in PEM",
    );
  });
});

test("requests continue on a new connection after the server has closed one", async () => {
  const { server } = await start((call) => call.acknowledge());
  await using _ = server;
  await using exporter = exporterTo(server.address);
  exporter.export([logEnvelope("a")]);
  await exporter.flush();
  server.disconnect();
  exporter.export([logEnvelope("b")]);
  await exporter.flush();
  expect(exporter.stats).toMatchObject({ sent: 2, dropped: 0 });
});
