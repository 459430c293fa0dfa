import { type Flush, PendingBatch } from "./pendingBatch.js";

/**
 * Batches as agent, router and RLP do: a batch is complete with 100, or with the first value that
 * comes when nothing has been sent for 100 ms. So after a pause the first value is sent alone, at
 * once. The remainder is sent `holdMs` after the last value.
 *
 * It is given the times at which values came, so that the batches do not depend on how busy the
 * machine is.
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

  /** @param time When the value came. */
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

  /** Removes and returns what has not been sent. */
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
