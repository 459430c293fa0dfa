/** The fraction of the free budget that one queue may occupy, as a divisor. */
const share = 8;

/**
 * The memory that all readers' queues may occupy together. A queue may grow as long as it occupies
 * less than eight times what is free: one alone gets most of it, and many that are stuck leave room
 * for those that are not.
 */
export class BufferBudget {
  #free: number;

  constructor(totalBytes: number) {
    this.#free = totalBytes;
  }

  /** @param occupied What the queue occupies already. */
  allows(occupied: number, bytes: number): boolean {
    return occupied + bytes <= share * this.#free && bytes <= this.#free;
  }

  take(bytes: number): void {
    this.#free -= bytes;
  }

  giveBack(bytes: number): void {
    this.#free += bytes;
  }
}
