import { delay, maxTimerMs } from "@loggregator/core";

/** The maximum idle time that may be caught up in a burst, in milliseconds. */
const burstMs = 100;

/** Limits a rate, evenly. */
export class Pace {
  readonly #intervalMs: number;
  #dueAt = performance.now();

  constructor(perSecond: number) {
    this.#intervalMs = 1000 / perSecond;
  }

  /** Counts one, and resolves when the next one is due, or when the signal aborts. */
  async next(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    this.#dueAt = Math.max(this.#dueAt + this.#intervalMs, now - burstMs);
    // Timers may be late: envelopes that are due already need none.
    for (let left = this.#dueAt - now; left > 0; left = this.#dueAt - performance.now()) {
      if (signal.aborted) {
        return;
      }
      await delay(signal, Math.min(left, maxTimerMs)).catch(() => {});
    }
  }
}
