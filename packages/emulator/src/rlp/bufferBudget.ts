/** The fraction of the free budget that one queue may occupy, as a divisor. */
const share = 8;

/**
 * The memory limit of all readers' queues. A queue may grow while it occupies less than eight times
 * the free memory: a single one may use most of it, and many stalled ones leave room for others.
 */
export class BufferBudget {
  #free: number;

  constructor(totalBytes: number) {
    this.#free = totalBytes;
  }

  /** @param occupied The memory that the queue already occupies. */
  allows(occupied: number, bytes: number): boolean {
    return occupied + bytes <= share * this.#free && bytes <= this.#free;
  }

  take(bytes: number): void {
    this.#free -= bytes;
  }

  release(bytes: number): void {
    this.#free += bytes;
  }
}
