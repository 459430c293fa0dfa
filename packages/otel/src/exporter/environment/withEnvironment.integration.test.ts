import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { counterEnvelope, logEnvelope, timerEnvelope } from "@loggregator/api";
import { type Emulator, isOtlpLog, startEmulator } from "@loggregator/emulator";
import { listen, Recorder, TcpProxy } from "@loggregator/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { OtlpExporter } from "../otlpExporter.js";

let emulator: Emulator;
let folder: string;

beforeAll(async () => {
  emulator = await startEmulator();
  folder = await mkdtemp(join(tmpdir(), "otlp-"));
  const { ca, cert, key } = emulator.tls.otlp;
  for (const [name, content] of Object.entries({ ca, cert, key })) {
    await writeFile(join(folder, name), content);
  }
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(async () => {
  await emulator.close();
  await rm(folder, { recursive: true });
});

function setVariables(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    vi.stubEnv(`OTEL_EXPORTER_OTLP_${name}`, value);
  }
}

const files = () => ({
  CERTIFICATE: join(folder, "ca"),
  CLIENT_CERTIFICATE: join(folder, "cert"),
  CLIENT_KEY: join(folder, "key"),
});

test.each<[string, () => Record<string, string>]>([
  ["http/protobuf", () => ({ ENDPOINT: emulator.otlp.url })],
  ["http/json", () => ({ ENDPOINT: emulator.otlp.url, COMPRESSION: "gzip" })],
  ["grpc", () => ({ ENDPOINT: emulator.otlp.url, COMPRESSION: "gzip" })],
  ["grpc", () => ({ ENDPOINT: `https://${emulator.otlp.address}`, ...files() })],
])("%s", async (protocol, variables) => {
  setVariables({ PROTOCOL: protocol, HEADERS: "api-key=a%20b", ...variables() });
  expect(() => OtlpExporter.fromEnv(null as never)).toThrow("options must be an object");
  await using exporter = OtlpExporter.fromEnv({ logger: null });
  exporter.export([logEnvelope("a")]);
  const log = await emulator.otlp.next(isOtlpLog, { timeoutMs: 5_000 });
  expect(log.request).toMatchObject({ protocol, headers: { "api-key": "a b" } });
});

test("the certificates apply to https too", async () => {
  const { ca } = emulator.tls.otlp;
  const server = await emulator.tls.authority?.issue({
    commonName: "localhost",
    altNames: ["127.0.0.1"],
  });
  const clients = new Recorder<string>();
  const listening = await listen(
    createServer({ ...server, ca, requestCert: true }, (request, response) => {
      clients.add((request.socket as TLSSocket).getPeerCertificate().subject.CN as string);
      request.resume();
      response.end();
    }),
  );
  await using _ = listening;
  setVariables({ ENDPOINT: `https://${listening.address}`, ...files() });
  await using exporter = OtlpExporter.fromEnv({ logger: null });
  exporter.export([logEnvelope("a")]);
  await exporter.flush();
  expect(exporter.stats).toMatchObject({ sent: 1, dropped: 0 });
  expect(clients.values).toEqual(["loggregator-client"]);
});

test("each signal can have its own protocol, server, headers, compression and certificates", async () => {
  setVariables({
    ENDPOINT: emulator.otlp.url,
    HEADERS: "api-key=all",
    LOGS_PROTOCOL: "grpc",
    LOGS_ENDPOINT: `https://${emulator.otlp.address}`,
    LOGS_HEADERS: "api-key=logs",
    LOGS_COMPRESSION: "gzip",
    ...Object.fromEntries(Object.entries(files()).map(([name, path]) => [`LOGS_${name}`, path])),
    METRICS_PROTOCOL: "http/json",
    METRICS_HEADERS: "other=metrics",
    TRACES_PROTOCOL: "grpc",
    TRACES_ENDPOINT: emulator.otlp.httpAddress,
    TRACES_INSECURE: "true",
  });
  emulator.otlp.clear();
  await using exporter = OtlpExporter.fromEnv({ logger: null });
  const tags = { trace_id: "0af7651916cd43dd8448eb211c80319c", span_id: "b7ad6b7169203331" };
  exporter.export([
    logEnvelope("a"),
    counterEnvelope("requests", { total: 1n }),
    timerEnvelope("http", 1n, 2n, { tags }),
  ]);
  await exporter.flush();
  expect(exporter.stats).toMatchObject({ sent: 3, dropped: 0 });
  const { logs, metrics, spans } = emulator.otlp;
  expect(logs).toMatchObject([{ request: { protocol: "grpc", headers: { "api-key": "logs" } } }]);
  expect(metrics).toMatchObject([
    { request: { protocol: "http/json", headers: { other: "metrics" } } },
  ]);
  expect(metrics[0]?.request.headers).not.toHaveProperty("api-key");
  expect(spans).toMatchObject([{ request: { protocol: "grpc", headers: { "api-key": "all" } } }]);
});

test("a timeout applies to its signal only", async () => {
  const stalled = await listen(createPlainServer(() => {}));
  await using _ = stalled;
  setVariables({
    ENDPOINT: emulator.otlp.url,
    LOGS_ENDPOINT: `http://${stalled.address}/logs`,
    LOGS_TIMEOUT: "50",
  });
  const failures = new Recorder<string>();
  await using exporter = OtlpExporter.fromEnv({
    logger: null,
    retry: { maxAttempts: 1 },
    onRetryableError: (error) => failures.add(error.message),
  });
  exporter.export([logEnvelope("a"), counterEnvelope("requests", { total: 1n })]);
  await exporter.flush();
  expect(exporter.stats).toMatchObject({ sent: 1, dropped: 1 });
  expect(failures.values).toEqual([
    `cannot export logs to ${stalled.address}: no response within 50 ms`,
  ]);
});

test("signals over gRPC to the same server share a connection", async () => {
  await using proxy = await TcpProxy.to(emulator.otlp.httpAddress);
  setVariables({ PROTOCOL: "grpc", ENDPOINT: `http://${proxy.address}`, LOGS_HEADERS: "a=b" });
  await using exporter = OtlpExporter.fromEnv({ logger: null });
  exporter.export([logEnvelope("a"), counterEnvelope("requests", { total: 1n })]);
  await exporter.flush();
  expect(exporter.stats).toMatchObject({ sent: 2 });
  expect(proxy.accepted).toBe(1);
});

describe.each(["http/protobuf", "grpc"])("%s", (protocol) => {
  test.each([
    ["CERTIFICATE", () => join(folder, "missing"), /missing": cannot read the file: ENOENT/],
    ["LOGS_CERTIFICATE", () => join(folder, "key"), /key": /],
    ["TRACES_CLIENT_KEY", () => join(folder, "ca"), /ca": not the key of the certificate: /],
  ])("the constructor throws for %s if its file cannot be used", (name, path, reason) => {
    setVariables({ PROTOCOL: protocol, ENDPOINT: "https://localhost:1", ...files() });
    setVariables({ [name]: path() });
    let error: unknown;
    try {
      OtlpExporter.fromEnv();
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({
      name: "TlsError",
      option: `OTEL_EXPORTER_OTLP_${name}`,
      path: path(),
      message: expect.stringMatching(reason),
    });
  });
});
