import { OptionTypeError } from "@loggregator/core";
import type { Transport } from "./transport.js";

/** Replaces connections for gRPC where Node.js's HTTP/2 does not exist, such as in browsers. */
export function openGrpcConnection(_: unknown): never {
  throw unavailable();
}

/** Replaces the transport for gRPC. */
export function createGrpcTransport(_: unknown): Transport {
  throw unavailable();
}

/** Replaces the reader of certificates. */
export function readCredentials(_: unknown): never {
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
