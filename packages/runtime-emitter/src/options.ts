import type { Logger } from "@loggregator/core";

/** Options of a `RuntimeEmitter`. */
export interface RuntimeEmitterOptions {
  /**
   * The interval between gauges in milliseconds, at most 2^31 - 1. Lower it for finer graphs, at
   * the cost of more envelopes.
   *
   * @default 10_000
   */
  readonly intervalMs?: number | undefined;
  /**
   * The source id of every envelope.
   *
   * @default ""
   */
  readonly sourceId?: string | undefined;
  /**
   * Called with the first failure of each interval, which is followed by another attempt.
   *
   * @param attempt The number of the retry that follows, starting at 1. An interval without a
   * failure resets it.
   * @param delayMs The time until the next interval in milliseconds.
   *
   * @default none
   */
  readonly onRetryableError?:
    | ((error: Error, attempt: number, delayMs: number) => unknown)
    | undefined;
  /**
   * Ends measuring and emitting immediately when it aborts.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Receives an error for each gauge that the emitter failed to emit.
   *
   * @default the first failure of an outage and the recovery are each reported once through
   * `process.emitWarning`; `null` disables this
   */
  readonly logger?: Logger | null | undefined;
}
