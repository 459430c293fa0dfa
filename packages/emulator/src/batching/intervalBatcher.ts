/** Takes a batch at a time in milliseconds, that of `performance.now`. */
export type Flush<T> = (batch: T[], time: number) => void;

/**
 * Batches as Go's ingress client does, and so the forwarder agent and the UDP forwarder: 100 at
 * once, the rest every 100 ms. The interval runs whether or not there is anything to send.
 */
export class IntervalBatcher<T> {
  readonly #size: number;
  readonly #intervalMs: number;
  readonly #flush: Flush<T>;
  #batch: T[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** When the current interval began. */
  #began: number;

  constructor(size: number, intervalMs: number, flush: Flush<T>) {
    this.#size = size;
    this.#intervalMs = intervalMs;
    this.#flush = flush;
    this.#began = performance.now();
  }

  add(value: T): void {
    this.#batch.push(value);
    if (this.#batch.length >= this.#size) {
      this.#send(performance.now());
      this.#began = performance.now();
    } else {
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
    this.#flush(batch, time);
  }

  #schedule(): NodeJS.Timeout {
    const now = performance.now();
    const passed = Math.floor((now - this.#began) / this.#intervalMs);
    const due = this.#began + (passed + 1) * this.#intervalMs;
    return setTimeout(
      () => {
        // The time at which it was due, not the later one of a busy machine.
        this.#began = due;
        this.#send(due);
      },
      Math.ceil(due - now),
    );
  }
}
