import { later } from "../../client/times.js";

/** An envelope that was read, with the number of its identical copies. */
export interface SeenEnvelope {
  readonly timestamp: bigint;
  readonly identity: number;
  /** The number of copies in the store. */
  copies: number;
  /** The last page that contained it, and the number of copies on it. */
  page: number;
  onPage: number;
}

/** The number of new entries after which unneeded entries are removed. */
const minGrowth = 2_000;

/**
 * The envelopes of a source that have been read and may be read again.
 *
 * Copies are counted per page: a page starts early enough to repeat all copies of a timestamp that
 * it shares with the previous page.
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

  /** Records an envelope of the page. Returns true if it has not been read before. */
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

  /**
   * Returns the newest timestamp from `start` to `end` of the envelopes that are not on this page.
   */
  newestAbsent(start: bigint, end: bigint): bigint | undefined {
    let newest: bigint | undefined;
    for (const { timestamp, page } of this.#entries.values()) {
      if (page !== this.#page && timestamp >= start && timestamp < end) {
        newest = later(newest, timestamp);
      }
    }
    return newest;
  }

  /** Restores an envelope from a checkpoint. */
  restore(timestamp: bigint, identity: number, copies: number): void {
    this.#entry(timestamp, identity).copies = copies;
  }

  /**
   * Removes envelopes that are not read again. Does nothing while there are few.
   *
   * @param keeps Whether envelopes with a timestamp may be read again.
   */
  prune(keeps: (timestamp: bigint) => boolean): void {
    if (this.#entries.size < this.#sizeAfterPruning * 2 + minGrowth) {
      return;
    }
    for (const [key, { timestamp }] of this.#entries) {
      if (!keeps(timestamp)) {
        this.#entries.delete(key);
      }
    }
    this.#sizeAfterPruning = this.#entries.size;
  }

  /** Removes all envelopes. */
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
