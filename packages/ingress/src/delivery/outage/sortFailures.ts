import { errorText } from "@loggregator/core";
import { ClientError, type ClientMiddleware, Status } from "nice-grpc";

/**
 * Statuses that no retry can fix. The connection passes them on only if the server itself sent
 * them.
 */
const finalStatuses: readonly Status[] = [
  Status.INVALID_ARGUMENT,
  Status.UNAUTHENTICATED,
  Status.PERMISSION_DENIED,
  Status.UNIMPLEMENTED,
];

/** All statuses except those that no retry can fix. */
export const retryableStatuses: Status[] = Object.values(Status)
  .filter((status) => typeof status === "number")
  .filter((status) => !finalStatuses.includes(status));

/**
 * Matches the details of statuses for messages that are too large or cannot be decoded. Servers send
 * the same codes for other reasons, which only this text distinguishes.
 */
const unacceptable =
  /message larger than max|message with a size larger than|error unmarshalling request/;

/** Thrown if the server permanently rejects a batch. `cause` is its status. */
export class BatchRejectedError extends Error {
  override readonly name = "BatchRejectedError";
  declare readonly cause: ClientError;
}

/**
 * nice-grpc client middleware that reduces the failures of a call to three kinds: a `ClientError`
 * with one of `retryableStatuses`, one with a final status that the server itself sent, or a
 * `BatchRejectedError`. Errors after an abort are rethrown unchanged.
 */
export const sortFailures: ClientMiddleware = async function* sortFailures(call, options) {
  try {
    return yield* call.next(call.request, options);
  } catch (error) {
    if (options.signal?.aborted) {
      throw error;
    }
    throw sorted(call.method.path, error);
  }
};

function sorted(path: string, error: unknown): Error {
  if (!(error instanceof ClientError)) {
    const details = error instanceof Error ? error.message : errorText(error);
    return Object.assign(new ClientError(path, Status.UNKNOWN, details), { cause: error });
  }
  const { code, details } = error;
  if (unacceptable.test(details) && code !== Status.UNAVAILABLE) {
    return new BatchRejectedError(details, { cause: error });
  }
  return error;
}
