import type { Logger } from "@loggregator/core";

/** Options of a `PulseEmitter`. */
export interface PulseEmitterOptions {
  /**
   * The interval between pulses in milliseconds, at most 2^31 - 1. Lower it for finer graphs, at
   * the cost of more envelopes.
   *
   * @default 60_000
   */
  readonly pulseIntervalMs?: number | undefined;
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
   * Ends the pulses immediately when it aborts, without a last pulse. For a last pulse, call
   * `close()`.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Receives an error for each metric that the emitter failed to emit.
   *
   * @default the first failure of an outage and the recovery are each reported once through
   * `process.emitWarning`; `null` disables this
   */
  readonly logger?: Logger | null | undefined;
}

/** Options of a metric. */
export interface MetricOptions {
  /**
   * The version, which becomes the tag `metric_version` ("major.minor") and overrides a tag of that
   * name.
   *
   * @default none
   */
  readonly version?: MetricVersion | undefined;
  /**
   * Tags of every envelope of the metric.
   *
   * @default none
   */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** The version of a metric: two integers of at least 0. */
export interface MetricVersion {
  readonly major: number;
  readonly minor: number;
}
