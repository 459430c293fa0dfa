import type { Emitter } from "@loggregator/api";
import {
  checkOptionNames,
  formatValue,
  IntervalEmitter,
  type IntervalStats,
  type IntervalStatus,
  OptionTypeError,
  optionalSignal,
  positiveMs,
  stringArgument,
} from "@loggregator/core";
import type { RuntimeEmitterOptions } from "./options.js";
import { RuntimeMeter } from "./runtimeMeter.js";

/**
 * Emits the resource use of this Node.js process at a fixed interval: heap and memory, the last
 * pause for garbage collection, and the delay and utilization of the event loop. Each gauge
 * contains all of these metrics; the README describes them. Metrics that go-loggregator's
 * runtimeemitter also has use its names and units. There is no `numGoRoutines`, and no stack size,
 * which Node.js does not report.
 *
 * It starts immediately, and does not keep the process running. End it with the signal, `close()`
 * or `await using`.
 */
export class RuntimeEmitter implements AsyncDisposable {
  readonly #interval: IntervalEmitter;

  /**
   * @param emitter Any client, such as an `IngressClient` or a `V1Client`. `close()` does not close
   * it.
   * @throws TypeError, RangeError for an invalid argument or option, or an unknown option.
   */
  constructor(emitter: Emitter, options: RuntimeEmitterOptions = {}) {
    if (typeof emitter?.emitGauge !== "function") {
      throw new OptionTypeError("emitter", "an object with emitGauge", formatValue(emitter));
    }
    checkOptionNames<RuntimeEmitterOptions>("options", options, {
      intervalMs: true,
      sourceId: true,
      onRetryableError: true,
      signal: true,
      logger: true,
    });
    const { onRetryableError, signal, logger } = options;
    const sourceId = stringArgument("sourceId", options.sourceId ?? "");
    const intervalMs = positiveMs("intervalMs", options.intervalMs ?? 10_000);
    optionalSignal("signal", signal);
    this.#interval = new IntervalEmitter({
      name: "runtime emitter",
      intervalMs,
      onRetryableError,
      signal,
      logger,
      start: () => {
        const meter = new RuntimeMeter();
        const emitGauge = () => emitter.emitGauge(meter.take(), { sourceId });
        return {
          emit: () => this.#interval.emit("the runtime gauge", emitGauge),
          end: () => meter.stop(),
        };
      },
    });
  }

  /** The numbers of gauges that were emitted and that failed. */
  get stats(): IntervalStats {
    return this.#interval.stats;
  }

  /** Yields the status of the emitter and then each change; ends after `closed`. */
  status(): AsyncIterableIterator<IntervalStatus, undefined> {
    return this.#interval.status();
  }

  /** Ends measuring and emitting. Further calls have no effect. */
  async close(): Promise<void> {
    this.#interval.end();
  }

  /** `await using`: the same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
