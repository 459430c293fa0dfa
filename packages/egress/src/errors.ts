import { ClientError } from "nice-grpc";

/**
 * The end of a stream that no retry can mend. It has the gRPC status in `code` and `details`;
 * `cause` is the error as it came.
 */
export class EgressError extends ClientError {
  override readonly cause: ClientError;

  constructor(cause: ClientError) {
    super(cause.path, cause.code, cause.details);
    this.name = "EgressError";
    this.message = cause.message;
    // The stack begins with name and message: those of this moment.
    Error.captureStackTrace(this, EgressError);
    this.cause = cause;
  }
}
