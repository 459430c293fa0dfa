import { PerformanceObserver } from "node:perf_hooks";

/** Watches the garbage collector. */
export class GcPause {
  /** How long the last collection, or the last step of one, held up the thread; 0 before the first. */
  lastNanoseconds = 0;

  readonly #observer = new PerformanceObserver((list) => {
    const last = list.getEntries().at(-1);
    if (last !== undefined) this.lastNanoseconds = Math.round(last.duration * 1e6);
  });

  constructor() {
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  stop(): void {
    this.#observer.disconnect();
  }
}
