import type { Diode } from "./diode.js";
import { DiodeReader } from "./diodeReader.js";

/** Options of a {@link Poller}. */
export interface PollerOptions {
  /** How long to wait before looking again, in milliseconds, from 1 to 2^31 - 1. Default: 10. */
  readonly intervalMs?: number | undefined;
  /** Ends the waiting. Default: never. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits for a diode's values by looking at an interval: costs the writer nothing, the reader a timer,
 * which keeps a Node.js process alive while `next` waits. Works with any {@link Diode}.
 */
export class Poller<T> extends DiodeReader<T> {
  readonly #intervalMs: number;

  /** @throws RangeError if `intervalMs` is out of its range; TypeError for no diode, or no signal. */
  constructor(diode: Diode<T>, { intervalMs = 10, signal }: PollerOptions = {}) {
    super(diode, signal);
    if (typeof intervalMs !== "number" || !(intervalMs >= 1 && intervalMs < 2 ** 31)) {
      throw new RangeError(`intervalMs must be from 1 to 2147483647, not ${String(intervalMs)}`);
    }
    this.#intervalMs = intervalMs;
  }

  protected override wait(wake: () => void): () => void {
    const timer = setTimeout(wake, this.#intervalMs);
    return () => clearTimeout(timer);
  }
}
