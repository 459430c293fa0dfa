import { ServerError, Status } from "nice-grpc";

/** Creates an error of a query, as log-cache reports it. */
export function promqlError(message: string): ServerError {
  return new ServerError(Status.UNKNOWN, message);
}

/** Creates the error for a feature that Prometheus supports and the emulator does not. */
export function unsupported(what: string): ServerError {
  return new ServerError(
    Status.UNIMPLEMENTED,
    `the emulator does not support ${what} in PromQL; the README of @loggregator/emulator lists the supported parts`,
  );
}
