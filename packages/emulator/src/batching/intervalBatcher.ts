import { type Flush, PendingBatch } from "./pendingBatch.js";

/**
 * Batches as Go's ingress client does, and so the forwarder agent and the UDP forwarder: 100 at
 * once, the rest every 100 ms. The interval runs whether or not there is anything to send.
 */
export class IntervalBatcher<T> {
  readonly #size: number;
  readonly #intervalMs: number;
  readonly #batch: PendingBatch<T>;
  /** When the current interval began. */
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

  /** Removes and returns what has not been sent. */
  clear(): T[] {
    return this.#batch.clear();
  }

  #schedule(): void {
    const now = performance.now();
    const passed = Math.floor((now - this.#began) / this.#intervalMs);
    const due = this.#began + (passed + 1) * this.#intervalMs;
    this.#batch.schedule(due - now, () => {
      // The time at which it was due, not the later one of a busy machine.
      this.#began = due;
      this.#batch.flush(due);
    });
  }
}
