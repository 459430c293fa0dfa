import { ConnectionError } from "@loggregator/grpc";
import { ClientError, Status } from "nice-grpc";

/**
 * Thrown if the call of a stream failed. `code` and `details` are the gRPC status; `cause` is the
 * error of nice-grpc.
 */
export class EgressError extends ClientError {
  override readonly cause: ClientError;

  /** @param address The server's address, for the message. */
  constructor(cause: ClientError, address = "Reverse Log Proxy") {
    super(cause.path, cause.code, cause.details);
    this.name = "EgressError";
    this.message =
      cause instanceof ConnectionError
        ? cause.message
        : `${address}: the stream failed with ${Status[cause.code]}: ${cause.details}`;
    // Captured again, because the stack starts with the name and message at that time.
    Error.captureStackTrace(this, EgressError);
    this.cause = cause;
  }
}
