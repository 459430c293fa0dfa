import {
  Backoff,
  delay,
  formatValue,
  objectArgument,
  optionalFunction,
  positiveMs,
  retrySettings,
} from "@loggregator/core";
import { ClientError, type ClientMiddleware, Status } from "nice-grpc";

/** Call options that the middleware adds. The names are those of nice-grpc-client-middleware-retry. */
export interface ReconnectOptions {
  /** About how long to wait after the first failure, in milliseconds. Default: 50. */
  readonly retryBaseDelayMs?: number | undefined;
  /** How long to wait at most, in milliseconds. Default: 5,000. */
  readonly retryMaxDelayMs?: number | undefined;
  /** How many failures in a row are borne before the error is thrown; 0: none. Default: `Infinity`. */
  readonly retryMaxAttempts?: number | undefined;
  /**
   * The statuses after which the call is made again. Default: all but INVALID_ARGUMENT,
   * UNAUTHENTICATED, PERMISSION_DENIED and UNIMPLEMENTED, which no retry can mend.
   */
  readonly retryableStatuses?: readonly Status[] | undefined;
  /**
   * Told of each failure, before the wait.
   *
   * @param attempt How many failures in a row there were before this one.
   * @param delayMs How long the wait will be, in milliseconds.
   */
  readonly onRetryableError?:
    | ((error: ClientError, attempt: number, delayMs: number) => void)
    | undefined;
}

const finalStatuses: readonly Status[] = [
  Status.INVALID_ARGUMENT,
  Status.UNAUTHENTICATED,
  Status.PERMISSION_DENIED,
  Status.UNIMPLEMENTED,
];

/**
 * nice-grpc client middleware that makes a call with a response stream again when its stream ends
 * or fails, after a wait, and goes on with the new stream's responses. An end with OK counts as a
 * failure too, as UNAVAILABLE: these streams are meant to go on. The wait is short again once a
 * response came. Other calls pass through.
 *
 * Use it on streams that can begin anew anywhere: what the server sent while nobody listened is
 * not sent again.
 */
export const reconnectMiddleware: ClientMiddleware<ReconnectOptions> = async function* reconnect(
  call,
  options,
) {
  const {
    retryBaseDelayMs: _baseDelayMs,
    retryMaxDelayMs: _maxDelayMs,
    retryMaxAttempts = Number.POSITIVE_INFINITY,
    retryableStatuses,
    onRetryableError,
    ...rest
  } = options;
  if (call.requestStream || !call.responseStream) return yield* call.next(call.request, rest);

  const isRetryable = (status: Status) =>
    retryableStatuses?.includes(status) ?? !finalStatuses.includes(status);
  const signal = options.signal ?? new AbortController().signal;
  const backoff = backoffOf(options);
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
      if (!(error instanceof ClientError)) throw error;
      failure = error;
    }
    signal.throwIfAborted();
    const attempt = backoff.failures;
    if (attempt >= retryMaxAttempts || !isRetryable(failure.code)) throw failure;
    const delayMs = backoff.next();
    onRetryableError?.(failure, attempt, delayMs);
    await delay(signal, delayMs);
  }
};

/** The delays between attempts. */
export function backoffOf({ retryBaseDelayMs, retryMaxDelayMs }: ReconnectOptions): Backoff {
  return new Backoff({
    ...retrySettings(),
    baseDelayMs: positiveMs("retryBaseDelayMs", retryBaseDelayMs ?? 50),
    maxDelayMs: positiveMs("retryMaxDelayMs", retryMaxDelayMs ?? 5_000),
  });
}

/** @throws TypeError, RangeError for options that can't be. */
export function checkReconnectOptions(options: ReconnectOptions): void {
  objectArgument("retry", options);
  const { retryMaxAttempts: attempts = 0, retryableStatuses: statuses = [] } = options;
  backoffOf(options);
  if (
    !(attempts === Number.POSITIVE_INFINITY || (Number.isSafeInteger(attempts) && attempts >= 0))
  ) {
    throw new RangeError(
      `retryMaxAttempts: expected a whole number from 0, or Infinity, got ${formatValue(attempts)}`,
    );
  }
  if (!Array.isArray(statuses)) {
    throw new TypeError(`retryableStatuses: expected an array, got ${formatValue(statuses)}`);
  }
  optionalFunction("onRetryableError", options.onRetryableError);
}
