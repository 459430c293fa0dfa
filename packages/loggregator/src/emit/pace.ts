import { setTimeout as delay } from "node:timers/promises";

/** How far a source that was idle may be behind and catch up with at once, in milliseconds. */
const burstMs = 100;

/** Almost 25 days; Node.js takes more for nothing at all. */
const maxTimerMs = 2 ** 31 - 1;

/** Keeps to a number a second, evenly. */
export class Pace {
  readonly #intervalMs: number;
  #due = performance.now();

  constructor(perSecond: number) {
    this.#intervalMs = 1000 / perSecond;
  }

  /** Counts one, and waits until the next is due. Ends early when the signal aborts. */
  async next(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    this.#due = Math.max(this.#due + this.#intervalMs, now - burstMs);
    // A timer is late at times; what is due meanwhile goes without one.
    if (this.#due <= now) return;
    const waitMs = Math.min(this.#due - now, maxTimerMs);
    await delay(waitMs, undefined, { signal }).catch(() => {});
  }
}
