import type { Emitter, GaugeMetrics } from "@loggregator/api";
import type { Logger, RuntimeEmitterOptions } from "./options.js";
import { RuntimeMeter } from "./runtimeMeter.js";

/** The longest delay that a timer of Node.js keeps; it takes a longer one for 1 ms. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * Emits what this Node.js process uses, at a fixed interval: heap and memory, the last pause for
 * garbage collection, the event loop's delay and utilisation. All are values of one gauge, always
 * the same ones; the package's README tells what each means. Names and units are those of
 * go-loggregator's runtimeemitter where it has the same. A process without goroutines has no
 * `numGoRoutines`, and Node.js does not tell the size of its stack.
 *
 * It measures and emits from now on, and does not keep the process alive. End it with the signal,
 * `close()` or `await using`.
 */
export class RuntimeEmitter implements AsyncDisposable {
  readonly #emitter: Emitter;
  readonly #sourceId: string;
  readonly #logger: Logger | undefined;
  readonly #signal: AbortSignal | undefined;
  #meter: RuntimeMeter | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param emitter Any client: an `IngressClient` or a `V1Client`. It stays the caller's to close.
   * @throws TypeError, RangeError for arguments that can't be: no emitter, an interval that no
   * timer keeps, a signal or a logger that is none.
   */
  constructor(emitter: Emitter, options: RuntimeEmitterOptions = {}) {
    const { intervalMs = 10_000, sourceId = "", signal, logger } = options;
    if (typeof emitter?.emitGauge !== "function") {
      throw new TypeError("emitter: expected an object with emitGauge");
    }
    if (typeof sourceId !== "string") {
      throw new TypeError(`sourceId: expected a string, got ${String(sourceId)}`);
    }
    if (typeof intervalMs !== "number" || !(intervalMs > 0 && intervalMs <= maxTimerMs)) {
      throw new RangeError(
        `intervalMs: expected a number of milliseconds above 0 and up to ${maxTimerMs}, got ${String(intervalMs)}`,
      );
    }
    checkSignal(signal);
    checkLogger(logger);
    this.#emitter = emitter;
    this.#sourceId = sourceId;
    this.#logger = logger;
    this.#signal = signal;
    if (signal?.aborted) return;
    signal?.addEventListener("abort", this.#stop, { once: true });
    const meter = new RuntimeMeter();
    this.#meter = meter;
    this.#timer = setInterval(() => this.#emit(meter.take()), intervalMs).unref();
  }

  /** Ends all measuring and emitting. Calling it again is fine. */
  async close(): Promise<void> {
    this.#stop();
  }

  /** `await using`: the same as `close()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #stop = (): void => {
    this.#signal?.removeEventListener("abort", this.#stop);
    clearInterval(this.#timer);
    this.#meter?.stop();
  };

  #emit(metrics: GaugeMetrics): void {
    try {
      this.#emitter.emitGauge(metrics, { sourceId: this.#sourceId });
    } catch (error) {
      this.#logError(`the runtime's gauge was not emitted: ${String(error)}`);
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

function checkSignal(value: AbortSignal | null | undefined): void {
  if (value === undefined || typeof value?.addEventListener === "function") return;
  throw new TypeError(`signal: expected an AbortSignal, got ${String(value)}`);
}

function checkLogger(value: Logger | null | undefined): void {
  if (value === undefined) return;
  for (const level of ["debug", "info", "warn", "error"] as const) {
    if (typeof value?.[level] !== "function") {
      throw new TypeError(
        `logger: expected an object with the methods debug, info, warn and error, got ${typeof value} without ${level}`,
      );
    }
  }
}
