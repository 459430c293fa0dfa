import { ClientError, Status } from "nice-grpc";

/**
 * Certificates or keys that cannot be read, are damaged, do not belong together or are not valid
 * now. `cause` is the underlying error, if there is one.
 */
export class TlsError extends Error {
  override readonly name = "TlsError";
}

/**
 * A connection that could not be opened. Its status is UNAVAILABLE: clients retry it as they retry a
 * call with this status. `cause` is the underlying error, a `TlsError` if certificates are at fault.
 */
export class ConnectionError extends ClientError {
  /** The address as it was configured. */
  readonly address: string;
  override readonly cause: unknown;

  constructor(address: string, reason: string, options?: ErrorOptions) {
    super("", Status.UNAVAILABLE, reason);
    this.name = "ConnectionError";
    this.message = `cannot connect to ${address}: ${reason}`;
    // The stack begins with name and message as they are now.
    Error.captureStackTrace(this, ConnectionError);
    this.address = address;
    this.cause = options?.cause;
  }
}
