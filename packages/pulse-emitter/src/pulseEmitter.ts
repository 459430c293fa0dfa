import type { Emitter } from "@loggregator/api";
import {
  checkOptionNames,
  formatValue,
  IntervalEmitter,
  type IntervalStats,
  type IntervalStatus,
  nonEmptyString,
  OptionTypeError,
  optionalSignal,
  positiveMs,
  stringArgument,
} from "@loggregator/core";
import { type CounterMetric, PulsedCounter } from "./counterMetric.js";
import { type GaugeMetric, PulsedGauge } from "./gaugeMetric.js";
import { metricTags } from "./metricTags.js";
import type { MetricOptions, PulseEmitterOptions } from "./options.js";

/**
 * Emits its metrics at a fixed interval. Each pulse emits every metric: for a counter the count
 * since the last pulse, even if it is 0; for a gauge its value, initially 0. It works like
 * go-loggregator's pulseemitter, whose gauges, however, have two decimals and no negative values.
 *
 * The timer does not keep the process running. Call `close()`, or use `await using`, to emit a last
 * pulse and end; aborting the signal ends without a last pulse. Later increments are not emitted.
 */
export class PulseEmitter implements AsyncDisposable {
  readonly #emitter: Emitter;
  readonly #sourceId: string;
  readonly #counters = new Map<string, PulsedCounter>();
  readonly #gauges = new Map<string, PulsedGauge>();
  readonly #interval: IntervalEmitter;

  /**
   * @param emitter Any client, such as an `IngressClient` or a `V1Client`. `close()` does not close
   * it.
   * @throws TypeError, RangeError for an invalid argument or option, or an unknown option.
   */
  constructor(emitter: Emitter, options: PulseEmitterOptions = {}) {
    if (typeof emitter?.emitCounter !== "function" || typeof emitter.emitGauge !== "function") {
      const expected = "an object with emitCounter and emitGauge";
      throw new OptionTypeError("emitter", expected, formatValue(emitter));
    }
    checkOptionNames<PulseEmitterOptions>("options", options, {
      pulseIntervalMs: true,
      sourceId: true,
      onRetryableError: true,
      signal: true,
      logger: true,
    });
    const { onRetryableError, signal, logger } = options;
    this.#emitter = emitter;
    this.#sourceId = stringArgument("sourceId", options.sourceId ?? "");
    optionalSignal("signal", signal);
    this.#interval = new IntervalEmitter({
      name: "pulse emitter",
      intervalMs: positiveMs("pulseIntervalMs", options.pulseIntervalMs ?? 60_000),
      onRetryableError,
      signal,
      logger,
      start: () => ({ emit: () => this.#pulse() }),
    });
  }

  /** The numbers of metrics that were emitted and that failed. */
  get stats(): IntervalStats {
    return this.#interval.stats;
  }

  /** Yields the status of the pulses and then each change; ends after `closed`. */
  status(): AsyncIterableIterator<IntervalStatus, undefined> {
    return this.#interval.status();
  }

  /**
   * Returns the counter with this name, version and tags, and creates it on the first call. A gauge
   * of the same name is a separate metric.
   *
   * @throws TypeError, RangeError for an invalid argument or option: an empty name, a tag that is
   * not a string, a version that is not two integers from 0.
   */
  newCounterMetric(name: string, options: MetricOptions = {}): CounterMetric {
    const tags = metricTags(options);
    return getOrCreate(
      this.#counters,
      [nonEmptyString("name", name)],
      tags,
      () => new PulsedCounter(name, { sourceId: this.#sourceId, tags }),
    );
  }

  /**
   * Returns the gauge with this name, unit, version and tags, and creates it on the first call. A
   * counter of the same name is a separate metric.
   *
   * @param unit The unit of the value, such as "ms" or "bytes"; "" for none.
   * @throws TypeError, RangeError for an invalid argument or option, as `newCounterMetric`.
   */
  newGaugeMetric(name: string, unit: string, options: MetricOptions = {}): GaugeMetric {
    const tags = metricTags(options);
    return getOrCreate(
      this.#gauges,
      [nonEmptyString("name", name), stringArgument("unit", unit)],
      tags,
      () => new PulsedGauge(name, unit, { sourceId: this.#sourceId, tags }),
    );
  }

  /** Emits a last pulse, so that no count is lost, and ends. Further calls have no effect. */
  async close(): Promise<void> {
    if (!this.#interval.ended) {
      this.#interval.beginLast();
      this.#interval.run();
      this.#interval.end();
    }
  }

  /** `await using`: the same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #pulse(): void {
    // A copy: metrics that the emitter creates during a pulse are emitted with the next one.
    for (const metric of [...this.#counters.values(), ...this.#gauges.values()]) {
      this.#interval.emit(metric.name, () => metric.pulse(this.#emitter));
    }
  }
}

/** Returns the metric with these properties, regardless of the order of its tags. */
function getOrCreate<M>(
  metrics: Map<string, M>,
  identity: readonly string[],
  tags: Readonly<Record<string, string>>,
  create: () => M,
): M {
  const sorted = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1));
  const key = JSON.stringify([identity, sorted]);
  let metric = metrics.get(key);
  if (metric === undefined) {
    metric = create();
    metrics.set(key, metric);
  }
  return metric;
}
