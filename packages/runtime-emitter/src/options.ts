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
   * Ends measuring and emitting immediately when it aborts.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Receives an error for each gauge that the emitter failed to emit.
   *
   * @default the first failure in a row and the recovery are reported through
   * `process.emitWarning`; `null` disables this
   */
  readonly logger?: Logger | null | undefined;
}
