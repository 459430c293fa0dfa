import { ClientError, Status } from "nice-grpc";

/**
 * An envelope could not be delivered, or a client could not be closed in order. `cause` is the
 * error beneath: a `ClientError` of nice-grpc with the gRPC status, a `ConnectionError`, a
 * `StallError` or a `TlsError`.
 */
export class IngressError extends Error {
  override readonly name = "IngressError";
}

/**
 * The server took a call and then no more of what was sent, or gave no answer, for
 * `stallTimeoutMs`. It has the gRPC status DEADLINE_EXCEEDED, and is told to `onRetryableError`.
 */
export class StallError extends ClientError {
  constructor(path: string, address: string, timeoutMs: number) {
    const expected = `expected the server to read and answer within ${timeoutMs} ms, got nothing`;
    super(path, Status.DEADLINE_EXCEEDED, expected);
    this.name = "StallError";
    this.message = `${address}: ${expected}`;
    // The stack begins with name and message: those of this moment.
    Error.captureStackTrace(this, StallError);
  }
}
