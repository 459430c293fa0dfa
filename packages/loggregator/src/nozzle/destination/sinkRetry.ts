import type { RetryOptions } from "@loggregator/core";

/** When and how often a failed batch is sent again. By default, until it is accepted. */
export function sinkRetry(maxAttempts: number | undefined): RetryOptions {
  return {
    baseDelayMs: 100,
    maxDelayMs: 10_000,
    maxAttempts: maxAttempts === undefined ? Number.POSITIVE_INFINITY : maxAttempts - 1,
  };
}
