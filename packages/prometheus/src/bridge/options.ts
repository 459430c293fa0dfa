import {
  checkOptionNames,
  formatValue,
  type Logger,
  OptionTypeError,
  optionalFunction,
  positiveInteger,
  stringArgument,
  timeoutMs,
} from "@loggregator/core";
import { type AnyRegistry, checkRegistry } from "../checkRegistry.js";

/** Options of a `PrometheusBridge`. */
export interface PrometheusBridgeOptions {
  /** The registry of prom-client that receives the metrics. It may have others. */
  readonly registry: AnyRegistry;
  /**
   * The start of every metric's name, such as "cf_".
   *
   * @default ""
   */
  readonly prefix?: string | undefined;
  /**
   * The names of the tags that become labels. The source id and instance id always do. List them if
   * some tags have many values, as those of requests have: each combination is a series. Values
   * that differ only in other tags share a series: the last gauge counts, and the last total, so
   * list all tags that distinguish counters with totals.
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
   * Called with the number of envelopes of which a metric was dropped since the last call: because
   * there are `maxSeries` series, or because another metric has the name. It is called immediately,
   * and then every 100 ms while more are dropped.
   *
   * @default none
   */
  readonly onDropped?: ((count: number) => void) | undefined;
  /**
   * Receives log messages.
   *
   * @default the first drops are reported through `process.emitWarning`; `null` disables this
   */
  readonly logger?: Logger | null | undefined;
}

/** The statistics of a `PrometheusBridge`. */
export interface PrometheusBridgeStats {
  /** Counters and gauges that were added, those that were dropped or late included. */
  readonly added: number;
  /** Logs, events and timers: they have no metrics. */
  readonly ignored: number;
  /** Envelopes of which a metric was dropped: see `onDropped`. */
  readonly dropped: number;
  /** Envelopes with a gauge or total that was older than the one of its series, which was kept. */
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
    logger: true,
  });
  const { tags } = options;
  checkRegistry(options.registry);
  optionalFunction("onDropped", options.onDropped);
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
