import type { Flush } from "./intervalBatcher.js";

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
  readonly #flush: Flush<T>;
  #batch: T[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  #dueAt = 0;

  constructor(size: number, intervalMs: number, holdMs: number, flush: Flush<T>) {
    this.#size = size;
    this.#intervalMs = intervalMs;
    this.#holdMs = holdMs;
    this.#flush = flush;
  }

  /** @param time When the value came. */
  add(value: T, time: number): void {
    if (this.#batch.length > 0 && time >= this.#dueAt) {
      this.#send(this.#dueAt);
    }
    this.#batch.push(value);
    if (this.#batch.length >= this.#size || time - this.#sentAt >= this.#intervalMs) {
      this.#send(time);
    } else {
      this.#dueAt = time + this.#holdMs;
      this.#timer ??= this.#schedule();
    }
  }

  /** Drops what has not been sent. Returns how many that is. */
  clear(): number {
    const { length } = this.#batch;
    this.#batch = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return length;
  }

  #send(time: number): void {
    const batch = this.#batch;
    this.clear();
    this.#sentAt = time;
    this.#flush(batch, time);
  }

  #schedule(): NodeJS.Timeout {
    return setTimeout(
      () => {
        this.#timer = undefined;
        if (performance.now() < this.#dueAt) {
          this.#timer = this.#schedule();
        } else {
          this.#send(this.#dueAt);
        }
      },
      Math.max(1, Math.ceil(this.#dueAt - performance.now())),
    );
  }
}
