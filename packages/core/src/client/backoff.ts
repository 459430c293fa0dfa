import { checkOptionNames } from "../options/checkOptionNames.js";
import { integerLimit, positiveMs } from "../options/checks.js";

/** When and how often a failed connection or request is retried. */
export interface RetryOptions {
  /**
   * The delay before the first retry in milliseconds. It doubles with each retry; the actual delay
   * is random between 50 and 100 % of it, so that clients that failed together do not retry
   * together. Raise it if retries overload a server that is starting.
   *
   * @default 50
   */
  readonly baseDelayMs?: number | undefined;
  /**
   * The longest delay in milliseconds. Lower it to recover sooner after long outages; raise it to
   * retry less often during them.
   *
   * @default 5_000
   */
  readonly maxDelayMs?: number | undefined;
  /**
   * The maximum number of consecutive retries without a success; 0 disables retries. Limit it if
   * the client should give up during long outages.
   *
   * @default Infinity
   */
  readonly maxAttempts?: number | undefined;
}

/** Retry options with their defaults filled in. */
export type RetrySettings = { readonly [Name in keyof RetryOptions]-?: number };

/**
 * Checks retry options and fills in the defaults.
 *
 * @throws OptionTypeError, OptionRangeError for an invalid option.
 */
export function retrySettings(retry: RetryOptions = {}): RetrySettings {
  checkOptionNames<RetryOptions>("retry", retry, {
    baseDelayMs: true,
    maxDelayMs: true,
    maxAttempts: true,
  });
  return {
    baseDelayMs: positiveMs("retry.baseDelayMs", retry.baseDelayMs ?? 50),
    maxDelayMs: positiveMs("retry.maxDelayMs", retry.maxDelayMs ?? 5_000),
    maxAttempts: integerLimit(
      "retry.maxAttempts",
      retry.maxAttempts ?? Number.POSITIVE_INFINITY,
      0,
    ),
  };
}

/** Counts consecutive failures and returns the delay before each retry. */
export class Backoff {
  readonly settings: RetrySettings;
  #failures = 0;

  constructor(settings: RetrySettings = retrySettings()) {
    this.settings = settings;
  }

  /** The number of failures since the last success: after `next()`, the retry number, from 1. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * True if `maxAttempts` retries in a row have failed. Check it after a failure, before `next()`:
   * if it is true, there is no further attempt.
   */
  get exhausted(): boolean {
    return this.#failures >= this.settings.maxAttempts;
  }

  /** Counts a failure and returns the delay before the next attempt in milliseconds. */
  next(): number {
    const { baseDelayMs, maxDelayMs } = this.settings;
    const delay = Math.min(maxDelayMs, baseDelayMs * 2 ** this.#failures++);
    return delay * (0.5 + Math.random() / 2);
  }

  /** Resets the count: the next failure counts as the first. */
  reset(): void {
    this.#failures = 0;
  }
}
