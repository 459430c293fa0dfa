import type { Emitter } from "@loggregator/api";
import {
  checkLogger,
  checkSignal,
  metricName,
  metricTags,
  textArgument,
  timerMs,
} from "./arguments.js";
import { type CounterMetric, PulsedCounter } from "./counterMetric.js";
import { type GaugeMetric, PulsedGauge } from "./gaugeMetric.js";
import type { Logger, MetricOptions, PulseEmitterOptions } from "./options.js";

/**
 * Emits its metrics at a fixed interval, each with every pulse: of a counter what was counted since
 * the last pulse, 0 too; of a gauge the value of the moment, 0 before one is set. So did
 * go-loggregator's pulseemitter, whose gauges though had two decimals and no negative values.
 *
 * Its timer does not keep the process alive. End it with `close()`, or `await using`, which pulse
 * once more, or with the signal, which does not. What is counted afterwards is not emitted.
 */
export class PulseEmitter implements AsyncDisposable {
  readonly #emitter: Emitter;
  readonly #sourceId: string;
  readonly #logger: Logger | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #counters = new Map<string, PulsedCounter>();
  readonly #gauges = new Map<string, PulsedGauge>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param emitter Any client: an `IngressClient` or a `V1Client`. It stays the caller's to close.
   * @throws TypeError, RangeError for arguments that can't be: no emitter, an interval that no
   * timer keeps, a signal or a logger that is none.
   */
  constructor(emitter: Emitter, options: PulseEmitterOptions = {}) {
    if (typeof emitter?.emitCounter !== "function" || typeof emitter.emitGauge !== "function") {
      throw new TypeError("emitter: expected an object with emitCounter and emitGauge");
    }
    this.#emitter = emitter;
    this.#sourceId = textArgument("sourceId", options.sourceId ?? "");
    checkLogger(options.logger);
    checkSignal(options.signal);
    this.#logger = options.logger;
    this.#signal = options.signal;
    const intervalMs = timerMs("pulseIntervalMs", options.pulseIntervalMs ?? 60_000);
    if (this.#signal?.aborted) return;
    this.#signal?.addEventListener("abort", this.#stop, { once: true });
    this.#timer = setInterval(() => this.#pulse(), intervalMs).unref();
  }

  /**
   * A counter of that name. Asked for again with the same name, version and tags, it is the same
   * counter; with others it is one of its own, and so is a gauge of the same name.
   *
   * @throws TypeError, RangeError for arguments that can't be: an empty name, a tag that is not a
   * string, a version that is not two whole numbers from 0.
   */
  newCounterMetric(name: string, options: MetricOptions = {}): CounterMetric {
    const tags = metricTags(options);
    return getOrCreate(
      this.#counters,
      [metricName(name)],
      tags,
      () => new PulsedCounter(name, { sourceId: this.#sourceId, tags }),
    );
  }

  /**
   * A gauge of that name. Asked for again with the same name, unit, version and tags, it is the
   * same gauge; with others it is one of its own, and so is a counter of the same name.
   *
   * @param unit What is measured in: "ms", "bytes", or "" for none.
   * @throws TypeError, RangeError for arguments that can't be, as `newCounterMetric`.
   */
  newGaugeMetric(name: string, unit: string, options: MetricOptions = {}): GaugeMetric {
    const tags = metricTags(options);
    return getOrCreate(
      this.#gauges,
      [metricName(name), textArgument("unit", unit)],
      tags,
      () => new PulsedGauge(name, unit, { sourceId: this.#sourceId, tags }),
    );
  }

  /** Pulses once more, so that nothing counted is lost, and ends. Does nothing once it has ended. */
  async close(): Promise<void> {
    if (this.#timer === undefined) return;
    this.#stop();
    this.#pulse();
  }

  /** `await using`: the same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #stop = (): void => {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#signal?.removeEventListener("abort", this.#stop);
  };

  #pulse(): void {
    // A copy: metrics that the emitter itself asks for meanwhile wait for the next pulse.
    for (const metric of [...this.#counters.values(), ...this.#gauges.values()]) {
      try {
        metric.pulse(this.#emitter);
      } catch (error) {
        this.#logError(`${metric.name} was not emitted: ${String(error)}`);
      }
    }
  }

  /** What a user's logger throws must not end the process. */
  #logError(message: string): void {
    try {
      this.#logger?.error(message);
    } catch {
      // There is nobody else to tell.
    }
  }
}

/** The metric of that identity, whatever the order of its tags. */
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
