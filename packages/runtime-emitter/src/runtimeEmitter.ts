import type { Emitter } from "@loggregator/api";
import {
  checkOptionNames,
  errorText,
  formatValue,
  invokeCallback,
  type Logger,
  OptionTypeError,
  OutageReporter,
  onAbort,
  optionalSignal,
  positiveMs,
  safeLogger,
  stringArgument,
} from "@loggregator/core";
import type { RuntimeEmitterOptions } from "./options.js";
import { RuntimeMeter } from "./runtimeMeter.js";

/**
 * Emits the resource use of this Node.js process at a fixed interval: heap and memory, the last pause
 * for garbage collection, the delay and utilization of the event loop. They are metrics of one gauge,
 * always the same ones; the README describes each. Names and units are those of go-loggregator's
 * runtimeemitter where it has the metric. There is no `numGoRoutines`, and Node.js does not report
 * the size of its stack.
 *
 * It starts at once, and does not keep the process running. End it by the signal, `close()` or
 * `await using`.
 */
export class RuntimeEmitter implements AsyncDisposable {
  readonly #emitter: Emitter;
  readonly #sourceId: string;
  readonly #intervalMs: number;
  readonly #logger: Logger;
  readonly #outage: OutageReporter;
  readonly #meter: RuntimeMeter | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  /** Whether the last gauge was not emitted. */
  #failed = false;
  readonly #stopFollowing = () => {};

  /**
   * @param emitter Any client, such as an `IngressClient` or a `V1Client`. It is not closed with this
   * emitter.
   * @throws TypeError, RangeError for an invalid argument or option, or an unknown option.
   */
  constructor(emitter: Emitter, options: RuntimeEmitterOptions = {}) {
    if (typeof emitter?.emitGauge !== "function") {
      throw new OptionTypeError("emitter", "an object with emitGauge", formatValue(emitter));
    }
    checkOptionNames<RuntimeEmitterOptions>("options", options, {
      intervalMs: true,
      sourceId: true,
      signal: true,
      logger: true,
    });
    const { signal, logger } = options;
    this.#emitter = emitter;
    this.#sourceId = stringArgument("sourceId", options.sourceId ?? "");
    this.#intervalMs = positiveMs("intervalMs", options.intervalMs ?? 10_000);
    this.#logger = safeLogger(logger);
    this.#outage = new OutageReporter("runtime emitter", logger === undefined ? undefined : null);
    optionalSignal("signal", signal);
    if (signal?.aborted) {
      return;
    }
    const meter = new RuntimeMeter();
    this.#meter = meter;
    this.#timer = setInterval(() => this.#emit(meter), this.#intervalMs).unref();
    this.#stopFollowing = onAbort(signal, () => this.#stop());
  }

  /** Ends measuring and emitting. Without effect once it has ended. */
  async close(): Promise<void> {
    this.#stop();
  }

  /** `await using`: the same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#meter?.stop();
    this.#stopFollowing();
  }

  #emit(meter: RuntimeMeter): void {
    if (!this.#failed) {
      this.#outage.recovered();
    }
    this.#failed = false;
    invokeCallback(
      () => this.#emitter.emitGauge(meter.take(), { sourceId: this.#sourceId }),
      (cause) => {
        this.#failed = true;
        const message = `the runtime gauge was not emitted: ${errorText(cause)}`;
        this.#logger.error(message);
        this.#outage.failed(new Error(message, { cause }), this.#intervalMs);
      },
    );
  }
}
