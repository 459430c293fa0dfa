import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { logEnvelope } from "@loggregator/api";
import { type Emulator, isOtlpLog, startEmulator } from "@loggregator/emulator";
import { listen, Recorder } from "@loggregator/testing";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { OtlpExporter } from "./otlpExporter.js";

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

test("a file that cannot be read is an error of the constructor for HTTP", () => {
  setVariables({ CERTIFICATE: join(folder, "missing") });
  expect(() => OtlpExporter.fromEnv()).toThrow(/ENOENT.*missing/);
});
