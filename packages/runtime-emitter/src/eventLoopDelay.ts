import { monitorEventLoopDelay, performance } from "node:perf_hooks";

/** By how much the timers of a while were late, in nanoseconds. */
export interface Delays {
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * How often the delay is sampled. Each sample wakes an idle process: every 10 ms, Node.js's default,
 * took 0.3 to 0.4 % of a core where it was measured, every 50 ms 0.1 to 0.2 %.
 */
const resolutionMs = 50;

/**
 * Watches how late the event loop comes to its timers.
 *
 * A reset makes the histogram forget when it last took a sample, and so what holds up the loop just
 * before or after. A program's own work at the same interval would be hidden, each time: hence the
 * care around `#reset`.
 */
export class EventLoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  /** The longest delay that was not in the histogram when it was read, or is in it no more. */
  #unreported = 0;
  #resetSoon: NodeJS.Immediate | undefined;
  #afterReset: NodeJS.Timeout | undefined;

  constructor() {
    this.#histogram.enable();
    this.#watchAfterReset();
  }

  /** The delays since it was last called; 0 where there was no sample. */
  take(): Delays {
    const { count, mean, max } = this.#histogram;
    const sampled = count > 0;
    const delays = {
      mean: sampled ? lateness(mean) : 0,
      p99: sampled ? lateness(this.#histogram.percentile(99)) : 0,
      max: Math.max(lateness(max), this.#unreported),
    };
    this.#unreported = 0;
    if (sampled) {
      // What another timer has just held up is sampled within the next two turns of the loop.
      clearImmediate(this.#resetSoon);
      this.#resetSoon = setImmediate(() => {
        this.#resetSoon = setImmediate(() => this.#reset(max));
      });
    }
    return delays;
  }

  stop(): void {
    this.#histogram.disable();
    clearImmediate(this.#resetSoon);
    clearTimeout(this.#afterReset);
  }

  #reset(reportedMax: number): void {
    const { max } = this.#histogram;
    if (max > reportedMax) this.#unreported = lateness(max);
    this.#histogram.reset();
    this.#watchAfterReset();
  }

  /** Sees what holds up the loop before the histogram's first tick, from which it measures on. */
  #watchAfterReset(): void {
    clearTimeout(this.#afterReset);
    const start = performance.now();
    this.#afterReset = setTimeout(() => {
      const delay = lateness((performance.now() - start) * 1e6);
      this.#unreported = Math.max(this.#unreported, delay);
    }, resolutionMs).unref();
  }
}

/** The histogram holds the time from one sample to the next: what is more than planned is delay. */
function lateness(nanoseconds: number): number {
  return Math.max(0, Math.round(nanoseconds - resolutionMs * 1e6));
}
