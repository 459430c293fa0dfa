import type { EnvelopeCompleter } from "@loggregator/conversion";
import {
  checkOptionNames,
  type OptionNames,
  optionalFunction,
  positiveInteger,
  positiveMs,
  type RetryOptions,
  type SenderOptions,
  type SenderSettings,
  senderOptionNames,
  senderSettings,
} from "@loggregator/core";
import type { Fetch } from "@loggregator/core/http";
import type { OtlpExportError } from "../errors.js";
import type { OtlpMode } from "../mapping/toOtlp/toOtlp.js";
import type { OtlpSignal } from "./otlpSignal.js";
import {
  signalSettings,
  type TransportSettings,
  transportOptionNames,
} from "./transport/transportSettings.js";

/** Certificates and key for OTLP over gRPC: those of `@loggregator/grpc`, without types of Node.js. */
export interface OtlpTls {
  /**
   * The certificates of the authorities that may sign the server's certificate, PEM or DER.
   *
   * @default the authorities of Node.js
   */
  readonly ca?: string | Uint8Array | undefined;
  /**
   * The client's certificate, followed by intermediate certificates, PEM or DER.
   *
   * @default none
   */
  readonly cert?: string | Uint8Array | undefined;
  /**
   * The private key of `cert`, PEM, not encrypted.
   *
   * @default none
   */
  readonly key?: string | Uint8Array | undefined;
  /**
   * The name that the server's certificate must have.
   *
   * @default `serverName` of the exporter
   */
  readonly serverName?: string | undefined;
}

/** How and where an `OtlpExporter` sends the requests of a signal. */
export interface OtlpTransportOptions {
  /**
   * The base URL of an OTLP/HTTP server, such as `http://localhost:4318`. `/v1/logs`, `/v1/metrics`
   * and `/v1/traces` are appended. In `signals`, it is the exact URL of the signal.
   *
   * @default none: `address` is required
   */
  readonly url?: string | URL | undefined;
  /**
   * The address of an OTLP/gRPC server, such as `localhost:9100`. Node.js only. Requires `tls`.
   *
   * @default none: `url` is required
   */
  readonly address?: string | undefined;
  /**
   * Certificates and key for `address`, or an async function that is called for each connection;
   * `{}` to trust the authorities of Node.js, and `false` for plain text.
   *
   * @default none: it is required with `address`
   */
  readonly tls?: OtlpTls | (() => Promise<OtlpTls>) | false | undefined;
  /**
   * The name that the server's certificate must have, for `address`.
   *
   * @default the host of `address`; if that is this machine, "otel-collector", the name of Cloud
   * Foundry's collector
   */
  readonly serverName?: string | undefined;
  /**
   * The encoding of requests to `url`. Choose `"json"` for servers that do not accept protobuf.
   *
   * @default "protobuf"
   */
  readonly encoding?: "protobuf" | "json" | undefined;
  /**
   * The compression of requests. Choose `"gzip"` for distant servers: it saves bandwidth and costs
   * CPU time.
   *
   * @default "none"
   */
  readonly compression?: "gzip" | "none" | undefined;
  /**
   * Headers (gRPC: metadata) of each request, such as an API key. They are never logged.
   *
   * @default none
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * The time limit of a request in milliseconds. Raise it for slow servers: a request that times
   * out is repeated.
   *
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Sends the HTTP requests.
   *
   * @default the global `fetch`; in Node.js, requests go through the proxy that `HTTPS_PROXY` names
   */
  readonly fetch?: Fetch | undefined;
}

/** Options of an `OtlpExporter`. Either `url` or `address` is required, unless all `signals` have one. */
export interface OtlpExporterOptions extends OtlpTransportOptions, SenderOptions<OtlpExportError> {
  /**
   * Options of single signals, for example to send traces to another server. They take precedence
   * over those of the exporter. Signals with the same `address`, `tls` and `serverName` share a
   * connection.
   *
   * @default none: all signals are sent in the same way
   */
  readonly signals?: Readonly<Partial<Record<OtlpSignal, OtlpTransportOptions>>> | undefined;
  /**
   * The mapping from envelopes to OTLP. See `toOtlp`.
   *
   * @default "semconv"
   */
  readonly mode?: OtlpMode | undefined;
  /**
   * Completes envelopes that do not come from an agent. See `toOtlp`.
   *
   * @default one per exporter
   */
  readonly completer?: EnvelopeCompleter | undefined;
  /**
   * In the mode `"receiver"`, writes some attributes to the resource. See `toOtlp`.
   *
   * @default false
   */
  readonly resourceAttributes?: boolean | undefined;
  /**
   * The maximum number of envelopes in a request. Raise it for more throughput to distant servers;
   * lower it if the server limits the size of requests.
   *
   * @default 1_000
   */
  readonly batchMaxSize?: number | undefined;
  /**
   * The maximum time in milliseconds that an envelope waits for its request to fill. Lower it for
   * less delay; raise it for fewer requests.
   *
   * @default 100
   */
  readonly flushIntervalMs?: number | undefined;
  /**
   * The maximum number of queued envelopes of each signal. If there are more, the oldest are
   * dropped. Raise it to bridge longer outages.
   *
   * @default 100_000
   */
  readonly maxQueueSize?: number | undefined;
  /**
   * The maximum estimated size of the queued envelopes of each signal, in bytes, in addition to
   * `maxQueueSize`. Lower it if memory is scarce; raise it together with `maxQueueSize`.
   *
   * @default 67_108_864 (64 MiB)
   */
  readonly maxQueueBytes?: number | undefined;
  /**
   * When and how often a request is repeated after a failure that OTLP declares retryable. Limit
   * `maxAttempts` to drop a batch, rather than delay newer ones, during long outages.
   *
   * @default retries indefinitely, with delays from 50 ms to 5 s
   */
  readonly retry?: RetryOptions | undefined;
  /**
   * Called with the number of records, data points or spans that the server rejected from an accepted
   * request, and its message; also with 0 and a warning of the server.
   *
   * @default none
   */
  readonly onRejected?: ((count: number, message: string) => unknown) | undefined;
}

const optionNames: OptionNames<OtlpExporterOptions> = {
  ...transportOptionNames,
  signals: true,
  mode: true,
  completer: true,
  resourceAttributes: true,
  batchMaxSize: true,
  flushIntervalMs: true,
  onRejected: true,
  ...senderOptionNames,
};

export interface OtlpExporterSettings extends SenderSettings {
  readonly signals: Readonly<Record<OtlpSignal, TransportSettings>>;
  readonly batchMaxSize: number;
  readonly flushIntervalMs: number;
}

/** @throws OptionTypeError, OptionRangeError for an invalid option. */
export function exporterSettings(options: OtlpExporterOptions): OtlpExporterSettings {
  checkOptionNames("options", options, optionNames);
  optionalFunction("onRejected", options.onRejected);
  return {
    ...senderSettings(options),
    signals: signalSettings(options),
    batchMaxSize: positiveInteger("batchMaxSize", options.batchMaxSize ?? 1_000),
    flushIntervalMs: positiveMs("flushIntervalMs", options.flushIntervalMs ?? 100),
  };
}
