/** An envelope that was read, and how often: copies are equal in all that they contain. */
export interface SeenEnvelope {
  readonly timestamp: bigint;
  readonly identity: number;
  /** How many copies the store has. */
  copies: number;
  /** The page that was read last, and how many copies were on it. */
  page: number;
  onPage: number;
}

/** How much smaller it must be able to become before it is searched for what is no longer needed. */
const minGrowth = 2_000;

/**
 * The envelopes of a source that have been read and may be read again.
 *
 * Copies are counted page by page: a page starts so early that it repeats all copies of a timestamp
 * that it has in common with the page before.
 */
export class SeenEnvelopes {
  readonly #entries = new Map<number, SeenEnvelope>();
  #sizeAfterPruning = 0;
  #page = 0;

  /** The number of different envelopes. */
  get size(): number {
    return this.#entries.size;
  }

  /** Begins a page. */
  beginPage(): void {
    this.#page++;
  }

  /** Notes an envelope of the page. Returns true if it has not been read before. */
  add(timestamp: bigint, identity: number): boolean {
    const entry = this.#entry(timestamp, identity);
    if (entry.page !== this.#page) {
      entry.page = this.#page;
      entry.onPage = 0;
    }
    entry.onPage++;
    if (entry.onPage <= entry.copies) {
      return false;
    }
    entry.copies = entry.onPage;
    return true;
  }

  /** Notes an envelope that was read by an earlier program. */
  restore(timestamp: bigint, identity: number, copies: number): void {
    this.#entry(timestamp, identity).copies = copies;
  }

  /** Forgets envelopes before a time, which are not read again. Does nothing while there are few. */
  prune(before: bigint): void {
    if (this.#entries.size < this.#sizeAfterPruning * 2 + minGrowth) {
      return;
    }
    for (const [key, { timestamp }] of this.#entries) {
      if (timestamp < before) {
        this.#entries.delete(key);
      }
    }
    this.#sizeAfterPruning = this.#entries.size;
  }

  /** Forgets all. */
  clear(): void {
    this.#entries.clear();
    this.#sizeAfterPruning = 0;
  }

  [Symbol.iterator](): IterableIterator<SeenEnvelope> {
    return this.#entries.values();
  }

  #entry(timestamp: bigint, identity: number): SeenEnvelope {
    const existing = this.#entries.get(identity);
    if (existing !== undefined) {
      return existing;
    }
    const entry = { timestamp, identity, copies: 0, page: 0, onPage: 0 };
    this.#entries.set(identity, entry);
    return entry;
  }
}
