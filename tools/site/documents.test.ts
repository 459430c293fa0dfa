import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { counterEnvelope, gaugeEnvelope, logEnvelope } from "@loggregator/api";
import { type Emulator, startEmulator } from "@loggregator/emulator";
import { type CertificateFiles, writeCertificates } from "@loggregator/testing/certificates";
import { afterAll, beforeAll, describe, test } from "vitest";
import { documents, type MarkedBlock, markedBlocks } from "../documents.mjs";
import { compileBlocks, DocumentRun } from "./documentRun.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Interval of the envelopes that readers in the documents see. */
const trafficIntervalMs = 50;

let emulator: Emulator;
let files: CertificateFiles;
let traffic: NodeJS.Timeout;
let environment: Record<string, string>;
let compiled: ReadonlyMap<MarkedBlock, string>;

/** The documents with blocks that are run. */
const marked = documents(root)
  .map((file) => ({
    file: relative(root, file),
    blocks: markedBlocks(readFileSync(file, "utf8")).filter(({ run, file: name }) => run ?? name),
  }))
  .filter(({ blocks }) => blocks.length > 0);

beforeAll(async () => {
  compiled = await compileBlocks(marked.flatMap(({ blocks }) => blocks));
  emulator = await startEmulator();
  const { ca, cert, key } = emulator.tls.ingress;
  files = await writeCertificates({ ca, cert, key });
  environment = {
    LOGGREGATOR_INGRESS_ADDRESS: emulator.ingress.address,
    LOGGREGATOR_EGRESS_ADDRESS: emulator.egress.address,
    LOGGREGATOR_GATEWAY_URL: emulator.gateway.url,
    LOGGREGATOR_LOG_CACHE_URL: emulator.logCache.url,
    LOGGREGATOR_LOG_CACHE_ADDRESS: emulator.logCache.address,
    LOGGREGATOR_CA_PATH: files.caPath,
    LOGGREGATOR_CERT_PATH: files.certPath,
    LOGGREGATOR_KEY_PATH: files.keyPath,
    OTEL_EXPORTER_OTLP_ENDPOINT: emulator.otlp.url,
    CF_TOKEN: "local",
    DRAIN_PASSWORD: "change-me",
    PORT: String(await freePort()),
  };
  traffic = setInterval(() => {
    const source = { sourceId: "my-app", instanceId: "0" };
    emulator.emit(logEnvelope("hello", { ...source, stream: "stdout" }));
    emulator.emit(counterEnvelope("requests", source));
    emulator.emit(gaugeEnvelope({ cpu: { value: 12.5, unit: "percentage" } }, source));
  }, trafficIntervalMs);
});

afterAll(async () => {
  clearInterval(traffic);
  await emulator.close();
  await files[Symbol.asyncDispose]();
});

describe.each(marked)("$file", ({ blocks }) => {
  let document: DocumentRun;

  beforeAll(async () => {
    document = await DocumentRun.start(environment, compiled);
  });

  afterAll(() => document[Symbol.asyncDispose]());

  test.for(blocks)("line $line", (block, { signal }) => document.run(block, signal));
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
