import type { OptionNames } from "../options/checkOptionNames.js";
import {
  optionalFunction,
  optionalSignal,
  positiveInteger,
  positiveMs,
} from "../options/checks.js";
import type { Logger } from "../reporting/logger.js";
import { type RetryOptions, type RetrySettings, retrySettings } from "./backoff.js";

/** Options of clients that send envelopes in the background, from a bounded queue. */
export interface SenderOptions<Failure extends Error = Error> {
  /**
   * The maximum number of queued envelopes. If it is exceeded, the oldest are dropped. Raise it to
   * bridge longer outages.
   *
   * @default 100_000
   */
  readonly maxQueueSize?: number | undefined;
  /**
   * The maximum size of the queue in bytes. If it is exceeded, the oldest envelopes are dropped.
   * Lower it if memory is scarce; raise it together with `maxQueueSize`.
   *
   * @default 67_108_864 (64 MiB)
   */
  readonly maxQueueBytes?: number | undefined;
  /**
   * When and how often to retry after a failure. Limit `maxAttempts` if the client should give up
   * during long outages.
   *
   * @default retries indefinitely, with delays from 50 ms to 5 s
   */
  readonly retry?: RetryOptions | undefined;
  /**
   * The maximum duration of `close()` in milliseconds. Envelopes not sent by then are dropped.
   * Raise it if a long queue must still be sent, but keep it below the time that the platform gives
   * the process to exit.
   *
   * @default 5_000
   */
  readonly closeTimeoutMs?: number | undefined;
  /**
   * Called with the number of envelopes that were dropped since the last call. It is called
   * immediately, and then every 100 ms while more are dropped.
   *
   * @default none
   */
  readonly onDropped?: ((count: number) => unknown) | undefined;
  /**
   * Called after each failure that is followed by another attempt.
   *
   * @param attempt The number of the retry that follows, starting at 1. A success resets it.
   * @param delayMs The delay before this retry in milliseconds.
   *
   * @default none
   */
  readonly onRetryableError?:
    | ((error: Failure, attempt: number, delayMs: number) => unknown)
    | undefined;
  /**
   * Closes the client immediately when it aborts: queued envelopes are dropped.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Receives log messages.
   *
   * @default the first failure of an outage and the recovery are each reported once through
   * `process.emitWarning`; `null` disables this
   */
  readonly logger?: Logger | null | undefined;
}

/** The names of `SenderOptions`, for `checkOptionNames`. */
export const senderOptionNames: OptionNames<SenderOptions> = {
  maxQueueSize: true,
  maxQueueBytes: true,
  retry: true,
  closeTimeoutMs: true,
  onDropped: true,
  onRetryableError: true,
  signal: true,
  logger: true,
};

/** The sender options that are plain values, with their defaults filled in. */
export interface SenderSettings {
  readonly maxQueueSize: number;
  readonly maxQueueBytes: number;
  readonly retry: RetrySettings;
  readonly closeTimeoutMs: number;
}

/**
 * Checks sender options and fills in the defaults. The logger is checked where it is used.
 *
 * @throws OptionTypeError, OptionRangeError for an invalid option.
 */
export function senderSettings({
  maxQueueSize = 100_000,
  maxQueueBytes = 64 * 1024 * 1024,
  retry,
  closeTimeoutMs = 5_000,
  onDropped,
  onRetryableError,
  signal,
}: SenderOptions<never>): SenderSettings {
  optionalFunction("onDropped", onDropped);
  optionalFunction("onRetryableError", onRetryableError);
  optionalSignal("signal", signal);
  return {
    maxQueueSize: positiveInteger("maxQueueSize", maxQueueSize),
    maxQueueBytes: positiveInteger("maxQueueBytes", maxQueueBytes),
    retry: retrySettings(retry),
    closeTimeoutMs: positiveMs("closeTimeoutMs", closeTimeoutMs),
  };
}
