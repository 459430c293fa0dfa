import type { EnvelopeCompleter } from "@loggregator/conversion";
import {
  checkOptionNames,
  formatValue,
  integerLimit,
  type Logger,
  nonEmptyString,
  type OptionNames,
  OptionTypeError,
  objectArgument,
  oneOf,
  optionalFunction,
  optionalSignal,
  positiveInteger,
  positiveMs,
  type RetryOptions,
  type RetrySettings,
  retrySettings,
} from "@loggregator/core";
import { checkFetch, endpointUrl, type Fetch } from "@loggregator/core/http";
import type { OtlpExportError } from "../errors.js";
import type { OtlpMode } from "../mapping/toOtlp.js";
import { type OtlpSignal, otlpSignals } from "./signals.js";

/** Certificates and key for OTLP over gRPC: those of `@loggregator/grpc`, without types of Node.js. */
export interface OtlpTls {
  /**
   * The certificates of the authorities that may sign the server's certificate, PEM or DER.
   * Default: the authorities of Node.js.
   */
  readonly ca?: string | Uint8Array | undefined;
  /**
   * The client's certificate, followed by intermediate certificates, PEM or DER. Default: none.
   */
  readonly cert?: string | Uint8Array | undefined;
  /** The private key of `cert`, PEM, not encrypted. */
  readonly key?: string | Uint8Array | undefined;
  /** The name that the server's certificate must have. Default: `serverName` of the exporter. */
  readonly serverName?: string | undefined;
}

/** Options of an `OtlpExporter`. Either `url` or `address` is required. */
export interface OtlpExporterOptions {
  /**
   * The base URL of an OTLP/HTTP server, such as `http://localhost:4318`. `/v1/logs`, `/v1/metrics`
   * and `/v1/traces` are appended; pass an object to set the exact URL of each signal.
   */
  readonly url?: string | URL | Readonly<Record<OtlpSignal, string | URL>> | undefined;
  /**
   * The address of an OTLP/gRPC server, such as `localhost:9100`, or an object with the address of
   * each signal. Node.js only. Needs `tls`.
   */
  readonly address?: string | Readonly<Record<OtlpSignal, string>> | undefined;
  /**
   * Certificates and key for `address`, or an async function that is called for each connection;
   * `{}` to trust the authorities of Node.js, and `false` for plain text.
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
   * The mapping from envelopes to OTLP. See `toOtlp`.
   *
   * @default "semconv"
   */
  readonly mode?: OtlpMode | undefined;
  /**
   * Completes envelopes that do not come from an agent. See `toOtlp`. Default: one per exporter.
   */
  readonly completer?: EnvelopeCompleter | undefined;
  /**
   * The encoding of requests to `url`.
   *
   * @default "protobuf"
   */
  readonly encoding?: "protobuf" | "json" | undefined;
  /**
   * The compression of requests.
   *
   * @default "none"
   */
  readonly compression?: "gzip" | "none" | undefined;
  /** Headers (gRPC: metadata) of each request, such as an API key. They are never logged. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * The time limit of a request in milliseconds.
   *
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * The number of envelopes in a request.
   *
   * @default 1_000
   */
  readonly batchMaxSize?: number | undefined;
  /**
   * The longest time in milliseconds that an envelope waits for its request to fill.
   *
   * @default 100
   */
  readonly flushIntervalMs?: number | undefined;
  /**
   * The number of queued envelopes of each signal. If there are more, the oldest are dropped.
   *
   * @default 100_000
   */
  readonly maxQueueSize?: number | undefined;
  /**
   * The estimated size of the queued envelopes of each signal, in bytes, in addition to
   * `maxQueueSize`.
   *
   * @default 67_108_864 (64 MiB)
   */
  readonly maxQueueBytes?: number | undefined;
  /** When and how often a request is repeated after a failure that OTLP declares retryable. */
  readonly retry?: RetryOptions | undefined;
  /**
   * The time limit of `close()` in milliseconds.
   *
   * @default 5_000
   */
  readonly closeTimeoutMs?: number | undefined;
  /** Drops the queue and ends the exporter when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Receives log messages. Without one, outages are reported by warnings; `null` disables these. */
  readonly logger?: Logger | null | undefined;
  /** Sends the HTTP requests. Default: the global `fetch`, in Node.js with the environment's proxy. */
  readonly fetch?: Fetch | undefined;
  /**
   * Called with the number of envelopes that were dropped since the last call: immediately, and then
   * every 100 ms while more are dropped.
   */
  readonly onDropped?: ((count: number) => void) | undefined;
  /**
   * Called with the number of records, data points or spans that the server rejected from an accepted
   * request, and its message; also with 0 and a warning of the server.
   */
  readonly onRejected?: ((count: number, message: string) => void) | undefined;
  /** Called for each failure before a retry. `attempt` starts at 1. */
  readonly onRetryableError?:
    | ((error: OtlpExportError, attempt: number, delayMs: number) => void)
    | undefined;
}

const optionNames: OptionNames<OtlpExporterOptions> = {
  url: true,
  address: true,
  tls: true,
  serverName: true,
  mode: true,
  completer: true,
  encoding: true,
  compression: true,
  headers: true,
  timeoutMs: true,
  batchMaxSize: true,
  flushIntervalMs: true,
  maxQueueSize: true,
  maxQueueBytes: true,
  retry: true,
  closeTimeoutMs: true,
  signal: true,
  logger: true,
  fetch: true,
  onDropped: true,
  onRejected: true,
  onRetryableError: true,
};

export interface OtlpExporterSettings {
  readonly urls: Readonly<Record<OtlpSignal, string>> | undefined;
  readonly addresses: Readonly<Record<OtlpSignal, string>> | undefined;
  readonly isJson: boolean;
  readonly gzip: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly batchMaxSize: number;
  readonly flushIntervalMs: number;
  readonly maxQueueSize: number;
  readonly maxQueueBytes: number;
  readonly retry: RetrySettings;
  readonly closeTimeoutMs: number;
  readonly fetch: Fetch;
}

/** @throws OptionTypeError, OptionRangeError for an invalid option. */
export function exporterSettings(options: OtlpExporterOptions): OtlpExporterSettings {
  checkOptionNames("options", options, optionNames);
  const { url, address } = options;
  if ((url === undefined) === (address === undefined)) {
    const received = url === undefined ? "neither" : "both";
    throw new OptionTypeError("url", "given if address is not", received);
  }
  for (const name of ["onDropped", "onRejected", "onRetryableError"] as const) {
    optionalFunction(name, options[name]);
  }
  optionalSignal("signal", options.signal);
  const encoding = oneOf("encoding", options.encoding ?? "protobuf", ["protobuf", "json"]);
  const compression = oneOf("compression", options.compression ?? "none", ["gzip", "none"]);
  if (address !== undefined) {
    for (const name of ["encoding", "fetch"] as const) {
      if (options[name] !== undefined) {
        throw new OptionTypeError(
          name,
          "undefined with address: it is for url",
          formatValue(options[name]),
        );
      }
    }
    if (options.tls === undefined) {
      const expected = "given with address: certificates, {}, or false for plain text";
      throw new OptionTypeError("tls", expected, "undefined");
    }
  }
  return {
    urls: url === undefined ? undefined : signalUrls(url),
    addresses: address === undefined ? undefined : signalAddresses(address),
    isJson: encoding === "json",
    gzip: compression === "gzip",
    headers: headersOption(options.headers ?? {}),
    timeoutMs: positiveMs("timeoutMs", options.timeoutMs ?? 10_000),
    batchMaxSize: positiveInteger("batchMaxSize", options.batchMaxSize ?? 1_000),
    flushIntervalMs: positiveMs("flushIntervalMs", options.flushIntervalMs ?? 100),
    maxQueueSize: positiveInteger("maxQueueSize", options.maxQueueSize ?? 100_000),
    maxQueueBytes: integerLimit("maxQueueBytes", options.maxQueueBytes ?? 64 * 1024 * 1024, 1),
    retry: retrySettings(options.retry),
    closeTimeoutMs: positiveMs("closeTimeoutMs", options.closeTimeoutMs ?? 5_000),
    fetch: checkFetch(options.fetch),
  };
}

function signalUrls(
  url: NonNullable<OtlpExporterOptions["url"]>,
): Readonly<Record<OtlpSignal, string>> {
  if (typeof url === "object" && !(url instanceof URL)) {
    checkOptionNames("url", url, { logs: true, metrics: true, traces: true });
    const { logs, metrics, traces } = url;
    return {
      logs: endpointUrl("url.logs", logs),
      metrics: endpointUrl("url.metrics", metrics),
      traces: endpointUrl("url.traces", traces),
    };
  }
  const base = endpointUrl("url", url);
  return { logs: `${base}/v1/logs`, metrics: `${base}/v1/metrics`, traces: `${base}/v1/traces` };
}

function signalAddresses(
  address: NonNullable<OtlpExporterOptions["address"]>,
): Readonly<Record<OtlpSignal, string>> {
  if (typeof address !== "object") {
    nonEmptyString("address", address);
    return { logs: address, metrics: address, traces: address };
  }
  checkOptionNames("address", address, { logs: true, metrics: true, traces: true });
  for (const kind of otlpSignals) {
    nonEmptyString(`address.${kind}`, address[kind]);
  }
  return address;
}

function headersOption(headers: unknown): Readonly<Record<string, string>> {
  objectArgument("headers", headers);
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    // The value is not part of the message: it may be a key.
    if (typeof value !== "string" || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new OptionTypeError(`headers[${formatValue(name)}]`, "a header value", typeof value);
    }
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      throw new OptionTypeError("headers", "valid header names", formatValue(name));
    }
    checked[name.toLowerCase()] = value;
  }
  return checked;
}
