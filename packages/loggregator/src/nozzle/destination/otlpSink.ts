import { createSecureContext } from "node:tls";
import { silentLogger } from "@loggregator/core";
import { nodeFetch } from "@loggregator/core/node";
import { OtlpExporter, type OtlpExporterOptions } from "@loggregator/otel";
import { readPem } from "../../drain/readPem.js";
import { UsageError } from "../../errors.js";
import { withFlags } from "../../explain.js";
import { readCertificateFile } from "../../read/readCertificateFile.js";
import type { Destination } from "./destination.js";
import type { DestinationOptions } from "./destinationOptions.js";
import type { Sink, SinkOptions } from "./sink.js";
import { sinkRetry } from "./sinkRetry.js";

/** The number of envelopes in a request. */
const batchSize = 2_000;

/** Opens a sink that exports over OTLP. */
export async function otlpSink(
  destination: Extract<Destination, { kind: "otlp" | "otlp-grpc" }>,
  options: DestinationOptions,
  { signal }: SinkOptions,
): Promise<Sink> {
  const transport =
    destination.kind === "otlp"
      ? await httpOptions(destination.url, options)
      : await grpcOptions(destination, options);
  let failure: Error | undefined;
  const exporter = await withFlags(
    { url: "--to", address: "--to", headers: "--header", mode: "--otlp-mode" },
    () =>
      new OtlpExporter({
        ...transport,
        headers: options.header,
        compression: options.gzip ? "gzip" : "none",
        mode: options.otlpMode,
        resourceAttributes: options.otlpResourceAttributes,
        signal,
        // A final refusal is reported here only.
        logger: {
          ...silentLogger,
          error: (message) => {
            failure = new Error(String(message));
          },
        },
        // The nozzle's buffer limits the memory: this queue has at most one batch.
        batchMaxSize: batchSize,
        maxQueueSize: batchSize,
        maxQueueBytes: Number.MAX_SAFE_INTEGER,
        retry: sinkRetry(options.maxAttempts),
        onRetryableError: (error) => {
          failure = error;
        },
      }),
  );
  return {
    batchSize,
    lingerMs: 100,
    get retries() {
      return exporter.stats.retries;
    },
    get rejected() {
      return exporter.stats.rejected;
    },
    get failure() {
      return failure;
    },
    async send(envelopes) {
      const before = exporter.stats;
      exporter.export(envelopes);
      await exporter.flush();
      const { sent, dropped, skipped } = exporter.stats;
      if (sent > before.sent) {
        failure = undefined;
      }
      return {
        sent: sent - before.sent,
        refused: dropped - before.dropped,
        unsupported: skipped - before.skipped,
      };
    },
    close: () => exporter.close().catch(() => {}),
  };
}

async function httpOptions(
  url: string,
  { toCa, toCert, toKey }: DestinationOptions,
): Promise<OtlpExporterOptions> {
  if (toCa === undefined && toCert === undefined) {
    return { url };
  }
  const ca = toCa === undefined ? undefined : await readCertificateFile("--to-ca", toCa);
  const pem = await readPem({ cert: toCert, key: toKey }, { cert: "--to-cert", key: "--to-key" });
  const identity = { cert: pem.cert?.toString(), key: pem.key?.toString() };
  try {
    createSecureContext(identity);
  } catch (cause) {
    const { message } = cause as Error;
    throw new UsageError(`--to-cert and --to-key cannot be used: ${message}`, { cause });
  }
  return { url, fetch: nodeFetch({ ca, ...identity }) };
}

async function grpcOptions(
  { address, tls: hasTls }: Extract<Destination, { kind: "otlp-grpc" }>,
  { toCa: ca, toCert: cert, toKey: key, toServerName: serverName }: DestinationOptions,
): Promise<OtlpExporterOptions> {
  if (!hasTls) {
    return { address, tls: false };
  }
  const tls = () =>
    readPem({ ca, cert, key }, { ca: "--to-ca", cert: "--to-cert", key: "--to-key" });
  // Fails early if the files cannot be read. They are read again for each connection.
  await tls();
  return { address, serverName, tls };
}
