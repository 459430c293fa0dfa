import { ConnectionError } from "@loggregator/grpc";
import { ClientError, Status } from "nice-grpc";

/**
 * A failed call for a stream. It has the gRPC status in `code` and `details`; `cause` is the error as
 * nice-grpc threw it.
 */
export class EgressError extends ClientError {
  override readonly cause: ClientError;

  /** @param address The server's, for the message. */
  constructor(cause: ClientError, address = "Reverse Log Proxy") {
    super(cause.path, cause.code, cause.details);
    this.name = "EgressError";
    this.message =
      cause instanceof ConnectionError
        ? cause.message
        : `${address}: the stream failed with ${Status[cause.code]}: ${cause.details}`;
    // The stack begins with name and message as they are now.
    Error.captureStackTrace(this, EgressError);
    this.cause = cause;
  }
}
