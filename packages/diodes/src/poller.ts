import { checkOptionNames, positiveMs } from "@loggregator/core";
import type { Diode } from "./diode.js";
import { DiodeReader } from "./diodeReader.js";

/** Options of a {@link Poller}. */
export interface PollerOptions {
  /**
   * The interval at which an empty diode is polled in milliseconds, at most 2^31 - 1. Lower it for
   * less latency, raise it for less work while idle.
   *
   * @default 10
   */
  readonly intervalMs?: number | undefined;
  /**
   * Ends waiting and iterations when it aborts.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a diode by polling: this costs the writer nothing, and works with any {@link Diode}. While
 * `next` waits, its timer keeps a Node.js process running.
 */
export class Poller<T> extends DiodeReader<T> {
  readonly #intervalMs: number;

  /** @throws TypeError or RangeError for an invalid argument or option, or an unknown option. */
  constructor(diode: Diode<T>, options: PollerOptions = {}) {
    checkOptionNames<PollerOptions>("options", options, { intervalMs: true, signal: true });
    super(diode, options.signal);
    this.#intervalMs = positiveMs("intervalMs", options.intervalMs ?? 10);
  }

  protected override wait(wake: () => void): () => void {
    const timer = setTimeout(wake, this.#intervalMs);
    return () => clearTimeout(timer);
  }
}
