import { checkOptionNames, formatValue, OptionTypeError } from "@loggregator/core";
import { type AllowOrigin, createCors, type GatewayCors } from "../gateway/gatewayCors.js";
import { type ListenAddress, parseListenAddress } from "../listenAddress.js";

/** Options of the OTLP receiver. */
export interface OtlpOptions {
  /**
   * `host:port` of gRPC with mutual TLS, as Cloud Foundry's collector.
   *
   * @default "127.0.0.1:0", a free port
   */
  readonly address?: string | undefined;
  /**
   * `host:port` of plain text: HTTP/1.1, and gRPC without TLS.
   *
   * @default "127.0.0.1:0", a free port
   */
  readonly httpAddress?: string | undefined;
  /**
   * The web pages of other origins that may send: `true` for all, or a list of origins.
   *
   * @default false
   */
  readonly cors?: GatewayCors | undefined;
  /**
   * Host names with a dot by which HTTP clients may address the receiver, see
   * `gateway.allowedHosts`.
   *
   * @default []
   */
  readonly allowedHosts?: readonly string[] | undefined;
}

/** The addresses of the OTLP receiver. */
export interface OtlpPlace {
  /** `host:port` of gRPC with mutual TLS, for clients with `tls.otlp`. */
  readonly address: string;
  /** `host:port` of plain text: HTTP/1.1, and gRPC without TLS. */
  readonly httpAddress: string;
  /**
   * `http://host:port` of plain text, for every protocol: `/v1/logs` and so on over HTTP/1.1, and gRPC
   * without TLS.
   */
  readonly url: string;
}

/** Options that have been checked. */
export interface OtlpSettings {
  readonly grpc: ListenAddress;
  readonly http: ListenAddress;
  readonly allowOrigin: AllowOrigin;
  readonly allowedHosts: readonly string[];
}

/** @throws OptionTypeError for invalid options. */
export function readOtlpOptions(options: OtlpOptions): OtlpSettings {
  // Accepts the names of `OtlpPlace`, so that an emulator's addresses can be passed to the next one.
  checkOptionNames<OtlpOptions & OtlpPlace>("otlp", options, {
    address: true,
    httpAddress: true,
    cors: true,
    allowedHosts: true,
    url: true,
  });
  const { allowedHosts = [] } = options;
  if (!Array.isArray(allowedHosts) || !allowedHosts.every((host) => typeof host === "string")) {
    const received = formatValue(allowedHosts);
    throw new OptionTypeError("otlp.allowedHosts", "an array of host names", received);
  }
  const http = parseListenAddress("otlp.httpAddress", options.httpAddress);
  return {
    grpc: parseListenAddress("otlp.address", options.address),
    http,
    allowOrigin: createCors(options.cors ?? false, "otlp.cors"),
    allowedHosts: [...allowedHosts, http.host],
  };
}
