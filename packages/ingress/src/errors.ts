import { ClientError, Status } from "nice-grpc";

/**
 * Thrown if an event could not be delivered, or a client could not flush its queue or close
 * cleanly. `cause` is the underlying error: a `ClientError` of nice-grpc with the gRPC status, a
 * `ConnectionError`, a `StallError` or a `TlsError`.
 */
export class IngressError extends Error {
  override readonly name = "IngressError";
}

/**
 * Reported if the server accepted a call and then neither read nor answered for `stallTimeoutMs`.
 * Its gRPC status is DEADLINE_EXCEEDED. Passed to `onRetryableError`.
 */
export class StallError extends ClientError {
  constructor(path: string, address: string, timeoutMs: number) {
    const details = `the server neither read nor answered for ${timeoutMs} ms`;
    super(path, Status.DEADLINE_EXCEEDED, details);
    this.name = "StallError";
    this.message = `${address}: ${details}`;
    // The stack was captured with the previous name and message.
    Error.captureStackTrace(this, StallError);
  }
}
