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

  constructor(size: number, intervalMs: number, flush: Flush<T>) {
    this.#size = size;
    this.#intervalMs = intervalMs;
    this.#batch = new PendingBatch(flush);
    this.#began = performance.now();
  }

  add(value: T): void {
    const count = this.#batch.add(value);
    if (count >= this.#size) {
      this.#batch.flush(performance.now());
      this.#began = performance.now();
    } else if (count === 1) {
      this.#schedule();
    }
  }

  /** Removes and returns unsent values. */
  clear(): T[] {
    return this.#batch.clear();
  }

  #schedule(): void {
    const now = performance.now();
    const passed = Math.floor((now - this.#began) / this.#intervalMs);
    const due = this.#began + (passed + 1) * this.#intervalMs;
    this.#batch.schedule(due - now, () => {
      // The time at which it was due, not the later time of a busy machine.
      this.#began = due;
      this.#batch.flush(due);
    });
  }
}
