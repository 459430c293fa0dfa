import { ServerError, Status } from "nice-grpc";

/** An error of a query, as log-cache passes it on. */
export function promqlError(message: string): ServerError {
  return new ServerError(Status.UNKNOWN, message);
}

/** The error for what Prometheus supports and the emulator does not. */
export function unsupported(what: string): ServerError {
  return new ServerError(
    Status.UNIMPLEMENTED,
    `the emulator does not support ${what} in PromQL; see the README of @loggregator/emulator for what it does`,
  );
}
