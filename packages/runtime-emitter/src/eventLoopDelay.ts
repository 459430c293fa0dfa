import { monitorEventLoopDelay, performance } from "node:perf_hooks";

/** The delays of timers in a period, in nanoseconds. */
export interface Delays {
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * The sampling interval. Each sample wakes an idle process: an interval of 10 ms, the default of
 * Node.js, took 0.3 to 0.4 % of a core where it was measured, one of 50 ms 0.1 to 0.2 %.
 */
const resolutionMs = 50;

/**
 * Measures how late the event loop runs its timers.
 *
 * A reset makes the histogram forget when it last took a sample, and so misses a delay just before or
 * after. Work of the program at the same interval would be hidden each time: hence the care around
 * `#reset`.
 */
export class EventLoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  /** The longest delay that was not in the histogram when it was read, or was removed from it. */
  #unreported = 0;
  #resetSoon: NodeJS.Immediate | undefined;
  #afterReset: NodeJS.Timeout | undefined;

  constructor() {
    this.#histogram.enable();
    this.#watchAfterReset();
  }

  /** Returns the delays since the last call; 0 if there was no sample. */
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
      // A delay by another timer of this turn is sampled within the next two turns.
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
    if (max > reportedMax) {
      this.#unreported = lateness(max);
    }
    this.#histogram.reset();
    this.#watchAfterReset();
  }

  /** Measures a delay before the first tick of the histogram, which measures from there on. */
  #watchAfterReset(): void {
    clearTimeout(this.#afterReset);
    const start = performance.now();
    this.#afterReset = setTimeout(() => {
      const delay = lateness((performance.now() - start) * 1e6);
      this.#unreported = Math.max(this.#unreported, delay);
    }, resolutionMs).unref();
  }
}

/** The histogram stores the time from one sample to the next: the excess is the delay. */
function lateness(nanoseconds: number): number {
  return Math.max(0, Math.round(nanoseconds - resolutionMs * 1e6));
}
