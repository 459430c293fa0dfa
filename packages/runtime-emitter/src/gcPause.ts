import { PerformanceObserver } from "node:perf_hooks";

/** Measures the pauses of the garbage collector. */
export class GcPause {
  /** The duration of the last collection, or of its last step, in ns. 0 before the first one. */
  lastNanoseconds = 0;

  readonly #observer = new PerformanceObserver((list) => {
    const last = list.getEntries().at(-1);
    if (last !== undefined) {
      this.lastNanoseconds = Math.round(last.duration * 1e6);
    }
  });

  constructor() {
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  stop(): void {
    this.#observer.disconnect();
  }
}
