import { ClientError, Status } from "nice-grpc";

/** Certificates or keys that can't be read, don't fit together, or are out of date. `cause` is the error beneath, where there is one. */
export class TlsError extends Error {
  override readonly name = "TlsError";
}

/**
 * A connection that could not be made. It has the gRPC status UNAVAILABLE, and is retried as a
 * call with that status is. `cause` is the error beneath: a `TlsError` where certificates are at fault.
 */
export class ConnectionError extends ClientError {
  /** The address that was to be reached. */
  readonly address: string;
  override readonly cause: unknown;

  constructor(address: string, reason: string, options?: ErrorOptions) {
    super("", Status.UNAVAILABLE, reason);
    this.name = "ConnectionError";
    this.message = `${address}: ${reason}`;
    // The stack begins with name and message: those of this moment.
    Error.captureStackTrace(this, ConnectionError);
    this.address = address;
    this.cause = options?.cause;
  }
}
