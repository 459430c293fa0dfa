/** Called with a batch and its time in milliseconds, as of `performance.now`. */
export type Flush<T> = (batch: T[], time: number) => void;

/** The batch that is being filled, and the timer that flushes it if it stays incomplete. */
export class PendingBatch<T> {
  readonly #flush: Flush<T>;
  #values: T[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(flush: Flush<T>) {
    this.#flush = flush;
  }

  get size(): number {
    return this.#values.length;
  }

  /** Adds a value. Returns the number of values. */
  add(value: T): number {
    return this.#values.push(value);
  }

  /** Calls `onTime` after `ms` milliseconds, unless the batch is flushed before, or a timer is set. */
  schedule(ms: number, onTime: () => void): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      onTime();
    }, Math.ceil(ms));
  }

  flush(time: number): void {
    this.#flush(this.clear(), time);
  }

  /** Removes and returns unflushed values. */
  clear(): T[] {
    const values = this.#values;
    this.#values = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return values;
  }
}
