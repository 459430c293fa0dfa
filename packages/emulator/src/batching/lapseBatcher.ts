import { type Flush, PendingBatch } from "./pendingBatch.js";

/**
 * Batches as agent, router and RLP do: a batch is complete with 100 values, or with the first value
 * that arrives 100 ms or more after the last batch. After a pause, the first value is therefore
 * sent alone and immediately. The remainder is sent `holdMs` after the last value.
 *
 * The arrival times of values are passed in, so that the batches do not depend on the load of the
 * machine.
 */
export class LapseBatcher<T> {
  readonly #size: number;
  readonly #intervalMs: number;
  readonly #holdMs: number;
  readonly #batch: PendingBatch<T>;
  #sentAt = Number.NEGATIVE_INFINITY;
  #dueAt = 0;

  constructor(size: number, intervalMs: number, holdMs: number, flush: Flush<T>) {
    this.#size = size;
    this.#intervalMs = intervalMs;
    this.#holdMs = holdMs;
    this.#batch = new PendingBatch(flush);
  }

  /** @param time The arrival time of the value. */
  add(value: T, time: number): void {
    if (this.#batch.size > 0 && time >= this.#dueAt) {
      this.#send(this.#dueAt);
    }
    const count = this.#batch.add(value);
    if (count >= this.#size || time - this.#sentAt >= this.#intervalMs) {
      this.#send(time);
      return;
    }
    this.#dueAt = time + this.#holdMs;
    if (count === 1) {
      this.#schedule();
    }
  }

  /** Removes and returns unsent values. */
  clear(): T[] {
    return this.#batch.clear();
  }

  #send(time: number): void {
    this.#sentAt = time;
    this.#batch.flush(time);
  }

  #schedule(): void {
    this.#batch.schedule(Math.max(1, this.#dueAt - performance.now()), () => {
      if (performance.now() < this.#dueAt) {
        this.#schedule();
      } else {
        this.#send(this.#dueAt);
      }
    });
  }
}
