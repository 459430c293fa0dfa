import {
  checkOptionNames,
  formatValue,
  isLoopbackHost,
  nonEmptyString,
  type OptionNames,
  OptionTypeError,
  oneOf,
  positiveMs,
  splitHostPort,
} from "@loggregator/core";
import { checkFetch, endpointUrl, type Fetch } from "@loggregator/core/http";
import type { OtlpExporterOptions, OtlpTls, OtlpTransportOptions } from "../otlpExporterOptions.js";
import { type OtlpSignal, otlpSignals } from "../otlpSignal.js";
import { checkHeaders } from "./checkHeaders.js";

export const transportOptionNames: OptionNames<OtlpTransportOptions> = {
  url: true,
  address: true,
  tls: true,
  serverName: true,
  encoding: true,
  compression: true,
  headers: true,
  timeoutMs: true,
  fetch: true,
};

/** The options that concern one of the protocols only. */
const httpOptions = ["encoding", "fetch"] as const;
const grpcOptions = ["tls", "serverName"] as const;

/** The settings of each request. */
interface RequestSettings {
  readonly gzip: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface HttpSettings extends RequestSettings {
  readonly protocol: "http";
  readonly url: string;
  readonly isJson: boolean;
  readonly fetch: Fetch;
}

export interface GrpcSettings extends RequestSettings {
  readonly protocol: "grpc";
  readonly address: string;
  /** False for plain text. */
  readonly tls: OtlpTls | (() => Promise<OtlpTls>) | false;
  readonly serverName: string;
}

/** How the requests of a signal are sent. */
export type TransportSettings = HttpSettings | GrpcSettings;

/** @throws OptionTypeError, OptionRangeError for an invalid option. */
export function signalSettings(
  options: OtlpExporterOptions,
): Readonly<Record<OtlpSignal, TransportSettings>> {
  const { signals = {} } = options;
  checkOptionNames("signals", signals, { logs: true, metrics: true, traces: true });
  const settings = {
    logs: settingsOf("logs", options),
    metrics: settingsOf("metrics", options),
    traces: settingsOf("traces", options),
  };
  for (const [protocol, other, names] of [
    ["http", "address", httpOptions],
    ["grpc", "url", grpcOptions],
  ] as const) {
    if (otlpSignals.every((kind) => settings[kind].protocol !== protocol)) {
      refuse("", options, names, other);
    }
  }
  return settings;
}

/** Throws for an option of the other protocol. */
function refuse(
  prefix: string,
  options: OtlpTransportOptions,
  names: readonly (keyof OtlpTransportOptions)[],
  target: "url" | "address",
): void {
  const name = names.find((each) => options[each] !== undefined);
  if (name !== undefined) {
    const expected = `undefined with ${target}: it is for ${target === "url" ? "address" : "url"}`;
    // The value may be a key.
    const received = name === "tls" ? "certificates" : formatValue(options[name]);
    throw new OptionTypeError(`${prefix}${name}`, expected, received);
  }
}

function settingsOf(kind: OtlpSignal, options: OtlpExporterOptions): TransportSettings {
  const own = options.signals?.[kind] ?? {};
  const prefix = `signals.${kind}.`;
  checkOptionNames(`signals.${kind}`, own, transportOptionNames);
  /** Returns an option of the signal or, without one, that of the exporter; and its name. */
  const option = <Name extends keyof OtlpTransportOptions>(name: Name) =>
    own[name] === undefined
      ? ([name, options[name]] as const)
      : ([`${prefix}${name}`, own[name]] as const);
  const hasOwnTarget = own.url !== undefined || own.address !== undefined;
  const { url, address } = hasOwnTarget ? own : options;
  if ((url === undefined) === (address === undefined)) {
    const received = url === undefined ? "neither" : "both";
    throw new OptionTypeError(
      `${hasOwnTarget ? prefix : ""}url`,
      "given if address is not",
      received,
    );
  }
  const [compressionName, compression = "none"] = option("compression");
  const [headersName, headers = {}] = option("headers");
  const [timeoutName, timeoutMs = 10_000] = option("timeoutMs");
  const request: RequestSettings = {
    gzip: oneOf(compressionName, compression, ["gzip", "none"]) === "gzip",
    headers: checkHeaders(headersName, headers, address === undefined ? "http" : "grpc"),
    timeoutMs: positiveMs(timeoutName, timeoutMs),
  };
  if (address === undefined) {
    refuse(prefix, own, grpcOptions, "url");
    const [encodingName, encoding = "protobuf"] = option("encoding");
    return {
      ...request,
      protocol: "http",
      url: hasOwnTarget ? exactUrl(`${prefix}url`, url) : `${endpointUrl("url", url)}/v1/${kind}`,
      isJson: oneOf(encodingName, encoding, ["protobuf", "json"]) === "json",
      fetch: checkFetch(option("fetch")[1]),
    };
  }
  refuse(prefix, own, httpOptions, "address");
  const addressName = hasOwnTarget ? `${prefix}address` : "address";
  nonEmptyString(addressName, address);
  const [tlsName, tls] = option("tls");
  if (tls === undefined) {
    const expected = `given with ${addressName}: certificates, {}, or false for plain text`;
    throw new OptionTypeError(tlsName, expected, "undefined");
  }
  const serverName = option("serverName")[1] ?? defaultServerName(address);
  return { ...request, protocol: "grpc", address, tls, serverName };
}

/** Checks a URL that is used unchanged. */
function exactUrl(name: string, url: unknown): string {
  endpointUrl(name, url);
  return new URL(url as string | URL).href;
}

/** The host of an address or, on this machine, the name of Cloud Foundry's collector. */
function defaultServerName(address: string): string {
  const host = splitHostPort(address)?.host;
  return host === undefined || isLoopbackHost(host) ? "otel-collector" : host;
}
