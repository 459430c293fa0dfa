import { OptionTypeError } from "@loggregator/core";
import type { Fetch } from "@loggregator/core/http";
import type { Transport } from "./transport.js";

/** Replaces the transport for gRPC where Node.js's HTTP/2 does not exist, such as in browsers. */
export function createGrpcTransport(_: unknown): Transport {
  throw unavailable();
}

/** Replaces the reader of certificates for gRPC. */
export async function loadTlsFiles(_: unknown): Promise<never> {
  throw unavailable();
}

/** Replaces the reader of certificates for HTTP. */
export function fetchWithFiles(_: unknown): Fetch {
  throw unavailable();
}

function unavailable(): OptionTypeError {
  return new OptionTypeError(
    "address",
    "undefined outside Node.js",
    "an address",
    "OTLP over gRPC needs Node.js: use the option url, for OTLP over HTTP",
  );
}
