import {
  Backoff,
  delay,
  emitWarning,
  errorText,
  invokeCallback,
  linkedAbortController,
  type RetryOptions,
  retrySettings,
} from "@loggregator/core";
import type { ConnectionCallOptions } from "@loggregator/grpc";
import { ClientError, type ClientMiddleware, Status } from "nice-grpc";

/** Call options that the middleware adds. */
export interface ReconnectOptions extends ConnectionCallOptions {
  /**
   * When and how often a failed stream is reopened. Limit `maxAttempts` if the program should end
   * when there is no server.
   *
   * @default retries indefinitely, with delays from 50 ms to 5 s
   */
  readonly retry?: RetryOptions | undefined;
  /**
   * Called after each failure that is followed by a retry, before the delay. Its exceptions are
   * thrown to the caller; a promise that rejects is reported as a warning of the process.
   *
   * @param attempt The number of the retry that follows, starting at 1. A response resets it.
   * @param delayMs The delay before this retry in milliseconds.
   *
   * @default none
   */
  readonly onRetryableError?:
    | ((error: ClientError, attempt: number, delayMs: number) => unknown)
    | undefined;
}

/** The statuses after which the same call can never succeed. */
export const finalStatuses: readonly Status[] = [
  Status.INVALID_ARGUMENT,
  Status.UNAUTHENTICATED,
  Status.PERMISSION_DENIED,
  Status.UNIMPLEMENTED,
];

/**
 * nice-grpc client middleware that repeats a call with a response stream after the stream has ended
 * or failed, with a delay, and continues with the responses of the new stream. An end with OK
 * counts as UNAVAILABLE, because these streams are endless. INVALID_ARGUMENT, UNAUTHENTICATED,
 * PERMISSION_DENIED and UNIMPLEMENTED are thrown. Other calls are not changed.
 *
 * Use it for streams that can restart at any point: responses that were sent in the meantime are
 * lost.
 */
export const reconnectMiddleware: ClientMiddleware<ReconnectOptions> = async function* reconnect(
  call,
  options,
) {
  const { retry, onRetryableError, ...rest } = options;
  if (call.requestStream || !call.responseStream) {
    return yield* call.next(call.request, rest);
  }

  const backoff = new Backoff(retrySettings(retry));
  const { signal, drainSignal } = rest;
  for (;;) {
    let failure: ClientError;
    try {
      for await (const response of call.next(call.request, rest)) {
        backoff.reset();
        yield response;
      }
      failure = new ClientError(
        call.method.path,
        Status.UNAVAILABLE,
        "the server ended the stream",
      );
    } catch (error) {
      if (drainSignal?.aborted && !signal?.aborted) {
        return;
      }
      if (!(error instanceof ClientError)) {
        throw error;
      }
      failure = error;
    }
    signal?.throwIfAborted();
    if (drainSignal?.aborted) {
      return;
    }
    if (backoff.exhausted || finalStatuses.includes(failure.code)) {
      throw failure;
    }
    const delayMs = backoff.next();
    const reported = onRetryableError?.(failure, backoff.failures, delayMs);
    invokeCallback(
      () => reported,
      (error) => emitWarning(`reconnectMiddleware: onRetryableError failed: ${errorText(error)}`),
    );
    const wait = linkedAbortController(signal, drainSignal);
    try {
      await delay(wait.signal, delayMs);
    } catch (error) {
      if (signal?.aborted) {
        throw error;
      }
      return;
    } finally {
      wait.abort();
    }
  }
};
