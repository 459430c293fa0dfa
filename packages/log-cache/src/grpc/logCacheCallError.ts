import { ConnectionError } from "@loggregator/grpc";
import { type ClientError, Status } from "nice-grpc";
import { LogCacheError } from "../errors.js";

/** The statuses after which the same call may succeed later. */
const retryable: readonly Status[] = [
  Status.UNAVAILABLE,
  Status.DEADLINE_EXCEEDED,
  Status.ABORTED,
  Status.INTERNAL,
  Status.CANCELLED,
];

/** The description of a call, for error messages. */
export interface Call {
  /** The text between "cannot" and the address. */
  readonly what: string;
  /** The advice if a message of the call is too large. */
  readonly tooLarge: string;
}

/** A gRPC call to log-cache failed. `cause` is the error of nice-grpc. */
export class LogCacheCallError extends LogCacheError {
  /** The gRPC status. */
  declare readonly code: Status;
  /** The server's text. */
  declare readonly details: string;

  constructor(call: Call, address: string, cause: ClientError) {
    const tooLarge = cause.code === Status.RESOURCE_EXHAUSTED;
    const message =
      cause instanceof ConnectionError
        ? cause.message
        : `cannot ${call.what} ${address}: ${Status[cause.code]}: ${cause.details}`;
    const advice = tooLarge ? `; ${call.tooLarge}` : "";
    super(message + advice, { cause, tooLarge, retryable: retryable.includes(cause.code) });
    this.code = cause.code;
    this.details = cause.details;
  }
}
