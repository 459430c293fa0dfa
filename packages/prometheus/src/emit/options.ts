import type { Emitter } from "@loggregator/api";
import {
  checkOptionNames,
  formatValue,
  type IntervalStats,
  type Logger,
  type OptionNames,
  OptionTypeError,
  objectArgument,
  optionalSignal,
  positiveMs,
  stringArgument,
} from "@loggregator/core";

/** Options of `emitRegistry` and `emitEndpoint`. */
export interface EmitMetricsOptions {
  /**
   * The time in milliseconds from one collection to the next. Lower it for finer graphs, at the
   * cost of more envelopes.
   *
   * @default 15_000
   */
  readonly intervalMs?: number | undefined;
  /**
   * The source id of metrics without a label `source_id`.
   *
   * @default ""
   */
  readonly sourceId?: string | undefined;
  /**
   * The instance id of all envelopes.
   *
   * @default ""
   */
  readonly instanceId?: string | undefined;
  /**
   * Tags of all envelopes. Labels of the same name override them.
   *
   * @default none
   */
  readonly tags?: Readonly<Record<string, string>> | undefined;
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
   * Stops the emitter when it aborts, without a last collection.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Receives log messages.
   *
   * @default the first failure and the recovery are reported through `process.emitWarning`; `null`
   * disables this
   */
  readonly logger?: Logger | null | undefined;
}

/** The statistics of a `MetricsEmitter`. */
export interface MetricsEmitterStats extends IntervalStats {
  /** Samples without an envelope: untyped ones, and counters that are not a uint64. */
  readonly skipped: number;
}

/** Checked options, with defaults. */
export interface EmitMetricsSettings {
  readonly intervalMs: number;
  readonly sourceId: string;
  readonly instanceId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly onRetryableError: EmitMetricsOptions["onRetryableError"];
  readonly signal: AbortSignal | undefined;
  readonly logger: Logger | null | undefined;
}

export const emitMetricsNames: OptionNames<EmitMetricsOptions> = {
  intervalMs: true,
  sourceId: true,
  instanceId: true,
  tags: true,
  onRetryableError: true,
  signal: true,
  logger: true,
};

/** @throws OptionTypeError, OptionRangeError for an invalid argument or option. */
export function emitMetricsSettings<T extends EmitMetricsOptions>(
  emitter: Emitter,
  options: T,
  names: OptionNames<T>,
): EmitMetricsSettings {
  if (typeof emitter?.emitCounter !== "function" || typeof emitter.emitGauge !== "function") {
    const expected = "an object with emitCounter and emitGauge";
    throw new OptionTypeError("emitter", expected, formatValue(emitter));
  }
  checkOptionNames<T>("options", options, names);
  const tags = options.tags ?? {};
  objectArgument("tags", tags);
  for (const [name, value] of Object.entries(tags)) {
    stringArgument(`tags.${name}`, value);
  }
  optionalSignal("signal", options.signal);
  return {
    intervalMs: positiveMs("intervalMs", options.intervalMs ?? 15_000),
    sourceId: stringArgument("sourceId", options.sourceId ?? ""),
    instanceId: stringArgument("instanceId", options.instanceId ?? ""),
    tags: { ...tags },
    onRetryableError: options.onRetryableError,
    signal: options.signal,
    logger: options.logger,
  };
}
