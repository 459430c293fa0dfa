import {
  checkOptionNames,
  formatValue,
  type Logger,
  OptionTypeError,
  optionalFunction,
  optionalSignal,
  positiveInteger,
  stringArgument,
  timeoutMs,
} from "@loggregator/core";
import { type AnyRegistry, checkRegistry } from "../checkRegistry.js";

/** Options of a `PrometheusBridge`. */
export interface PrometheusBridgeOptions {
  /** The registry of prom-client that receives the metrics. It may contain other metrics. */
  readonly registry: AnyRegistry;
  /**
   * The prefix of all metric names, such as "cf_".
   *
   * @default ""
   */
  readonly prefix?: string | undefined;
  /**
   * The names of the tags that become labels. The source id and instance id always do. List them if
   * some tags have many values, such as those of requests: each combination is a series. Values
   * that differ only in other tags share a series, which has the latest gauge or total: list all
   * tags that distinguish counters with totals.
   *
   * @default all tags
   */
  readonly tags?: readonly string[] | undefined;
  /**
   * The maximum number of series. Metrics of further series are dropped until others expire. Raise
   * it for platforms with more apps; lower it if memory is scarce.
   *
   * @default 10_000
   */
  readonly maxSeries?: number | undefined;
  /**
   * The time in milliseconds after which a series without new envelopes is removed, or `Infinity`.
   * Choose at least twice the interval at which metrics are emitted.
   *
   * @default 300_000
   */
  readonly expireAfterMs?: number | undefined;
  /**
   * Called with the number of envelopes since the last call that had a metric dropped: because
   * there are `maxSeries` series, or because another metric already has the name. It is called
   * immediately, and then every 100 ms while more are dropped.
   *
   * @default none
   */
  readonly onDropped?: ((count: number) => unknown) | undefined;
  /**
   * Closes the bridge when it aborts.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Receives log messages.
   *
   * @default the first drops are reported through `process.emitWarning`; `null` disables this
   */
  readonly logger?: Logger | null | undefined;
}

/** The statistics of a `PrometheusBridge`. */
export interface PrometheusBridgeStats {
  /** Counters and gauges passed to `add`, including dropped and late ones. */
  readonly added: number;
  /** Logs, events and timers: they have no metrics. */
  readonly ignored: number;
  /** Envelopes that had a metric dropped: see `onDropped`. */
  readonly dropped: number;
  /** Envelopes whose gauge or total was ignored, as it was older than that of its series. */
  readonly late: number;
  /** The number of series now. */
  readonly series: number;
  /** Series that were removed after `expireAfterMs`. */
  readonly expired: number;
}

/** Checked options, with defaults. */
export interface BridgeSettings {
  readonly prefix: string;
  readonly tags: ReadonlySet<string> | undefined;
  readonly maxSeries: number;
  readonly expireAfterMs: number;
}

/** @throws OptionTypeError, OptionRangeError for an invalid option, with its name and value. */
export function bridgeSettings(options: PrometheusBridgeOptions): BridgeSettings {
  checkOptionNames<PrometheusBridgeOptions>("options", options, {
    registry: true,
    prefix: true,
    tags: true,
    maxSeries: true,
    expireAfterMs: true,
    onDropped: true,
    signal: true,
    logger: true,
  });
  const { tags } = options;
  checkRegistry(options.registry);
  optionalFunction("onDropped", options.onDropped);
  optionalSignal("signal", options.signal);
  if (tags !== undefined && !Array.isArray(tags)) {
    throw new OptionTypeError("tags", "an array of strings", formatValue(tags));
  }
  return {
    prefix: stringArgument("prefix", options.prefix ?? ""),
    tags: tags && new Set(tags.map((tag, index) => stringArgument(`tags[${index}]`, tag))),
    maxSeries: positiveInteger("maxSeries", options.maxSeries ?? 10_000),
    expireAfterMs: timeoutMs("expireAfterMs", options.expireAfterMs ?? 300_000),
  };
}
