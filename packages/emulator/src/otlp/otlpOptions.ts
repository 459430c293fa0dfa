import { checkOptionNames } from "@loggregator/core";
import type { AdmissionOptions } from "../gateway/access/admitRequest.js";
import { readWebAccess, type WebAccessOptions } from "../gateway/access/readWebAccess.js";
import { type ListenAddress, parseListenAddress } from "../network/listenAddress.js";

/** Options of the OTLP receiver. */
export interface OtlpOptions extends WebAccessOptions {
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
export interface OtlpSettings extends AdmissionOptions {
  readonly grpc: ListenAddress;
  readonly http: ListenAddress;
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
  const http = parseListenAddress("otlp.httpAddress", options.httpAddress);
  return {
    grpc: parseListenAddress("otlp.address", options.address),
    http,
    ...readWebAccess("otlp", options, [http.host]),
  };
}
