import { delay, maxTimerMs } from "@loggregator/core";

/** The idle time that may be made up for at once, in milliseconds. */
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
    // Timers are late at times: whatever became due in the meantime goes without one.
    for (let left = this.#dueAt - now; left > 0; left = this.#dueAt - performance.now()) {
      if (signal.aborted) {
        return;
      }
      await delay(signal, Math.min(left, maxTimerMs)).catch(() => {});
    }
  }
}
