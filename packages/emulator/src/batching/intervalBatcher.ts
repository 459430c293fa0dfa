import { type Flush, PendingBatch } from "./pendingBatch.js";

/**
 * Batches like Go's ingress client, which the forwarder agent and the UDP forwarder use: 100 at
 * once, the rest every 100 ms. The interval runs even if there is nothing to send.
 */
export class IntervalBatcher<T> {
  readonly #size: number;
  readonly #intervalMs: number;
  readonly #batch: PendingBatch<T>;
  /** The start of the current interval. */
  #began: number;
  /** The time of the current turn of the event loop. */
  #turnTime: number | undefined;

  constructor(size: number, intervalMs: number, flush: Flush<T>) {
    this.#size = size;
    this.#intervalMs = intervalMs;
    this.#batch = new PendingBatch(flush);
    this.#began = this.#now();
  }

  add(value: T): void {
    const count = this.#batch.add(value);
    if (count >= this.#size) {
      this.#began = this.#now();
      this.#batch.flush(this.#began);
    } else if (count === 1) {
      this.#schedule();
    }
  }

  /** Removes and returns unsent values. */
  clear(): T[] {
    return this.#batch.clear();
  }

  #schedule(): void {
    const passed = Math.floor((this.#now() - this.#began) / this.#intervalMs);
    const due = this.#began + (passed + 1) * this.#intervalMs;
    this.#batch.schedule(due - performance.now(), () => {
      // The due time rather than the current time, which is later on a busy machine.
      this.#began = due;
      this.#batch.flush(due);
    });
  }

  /**
   * Returns the time in whole milliseconds, so that differences are exact. All values that are
   * added in one turn of the event loop have the same time, however long the turn takes.
   */
  #now(): number {
    if (this.#turnTime === undefined) {
      this.#turnTime = Math.floor(performance.now());
      queueMicrotask(() => {
        this.#turnTime = undefined;
      });
    }
    return this.#turnTime;
  }
}
