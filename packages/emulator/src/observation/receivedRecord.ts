import { EmulatorClosedError, EmulatorTimeoutError } from "../errors.js";
import { checkPredicate } from "./checkPredicate.js";
import type { PendingWaits, WaitOptions } from "./pendingWaits.js";
import type { StatsBoard } from "./statsBoard.js";

/** The number of received items that are kept. */
const maxItems = 10_000;
/** The encoded size of the items that are kept, in bytes. */
const maxBytes = 16 * 1024 * 1024;

export interface ReceivedRecordOptions<Entry, Item> {
  readonly waiting: PendingWaits;
  readonly stats: StatsBoard;
  /** Returns the item of an entry, always the same. */
  readonly itemOf: (entry: Entry) => Item;
  /** Returns the encoded size of an entry in bytes. */
  readonly sizeOf: (entry: Entry) => number;
  /** Returns the number of items received, such as "3 envelopes were received". */
  readonly received: () => string;
}

/** Keeps the latest received items for tests. Bounded in items and in bytes. */
export class ReceivedRecord<Entry extends object, Item> {
  readonly #options: ReceivedRecordOptions<Entry, Item>;
  #entries: Entry[] = [];
  readonly #returned = new WeakSet<Entry>();
  /** The index of the first entry that is kept. */
  #first = 0;
  /** The index of the first entry that `next` may not have returned. */
  #unreturned = 0;
  #bytes = 0;
  /** The number of entries that have been removed from the array. */
  #removed = 0;

  constructor(options: ReceivedRecordOptions<Entry, Item>) {
    this.#options = options;
  }

  add(entry: Entry): void {
    const { sizeOf } = this.#options;
    this.#entries.push(entry);
    this.#bytes += sizeOf(entry);
    while (
      this.#entries.length - this.#first > maxItems ||
      (this.#bytes > maxBytes && this.#entries.length - this.#first > 1)
    ) {
      this.#bytes -= sizeOf(this.#entries[this.#first] as Entry);
      this.#first += 1;
    }
    if (this.#first > maxItems) {
      this.#entries = this.#entries.slice(this.#first);
      this.#removed += this.#first;
      this.#unreturned = Math.max(0, this.#unreturned - this.#first);
      this.#first = 0;
    }
  }

  items(): Item[] {
    return this.#entries.slice(this.#first).map(this.#options.itemOf);
  }

  /**
   * Calls back with each kept item, oldest first, until that returns false.
   *
   * @param from The number that the last call returned, or 0 for all.
   * @returns The number from which to continue. It counts the items since the start.
   */
  visit(from: number, visit: (item: Item) => boolean): number {
    let index = Math.max(from - this.#removed, this.#first);
    let isWanted = true;
    for (; isWanted && index < this.#entries.length; index += 1) {
      isWanted = visit(this.#options.itemOf(this.#entries[index] as Entry));
    }
    return this.#removed + index;
  }

  clear(): void {
    this.#removed += this.#entries.length;
    this.#entries = [];
    this.#first = 0;
    this.#unreturned = 0;
    this.#bytes = 0;
  }

  /** Resolves to the oldest kept item that the guard accepts and `next` has not returned yet. */
  async next(guard: (item: Item) => boolean, options: WaitOptions | undefined): Promise<Item> {
    const { waiting, stats, itemOf, received } = this.#options;
    const accepts = checkPredicate("guard", guard);
    // The guard is called only once per rejected item.
    let checked: Entry | undefined;
    const why = () =>
      `${received()}, and the guard accepts none of those that next() has not returned yet`;
    return waiting.wait<Item>(
      {
        check: () => {
          const from = Math.max(this.#first, this.#unreturned);
          const at = checked === undefined ? -1 : this.#entries.lastIndexOf(checked);
          for (let i = Math.max(from, at + 1); i < this.#entries.length; i += 1) {
            const entry = this.#entries[i] as Entry;
            checked = entry;
            if (!this.#returned.has(entry) && accepts(itemOf(entry))) {
              return () => this.#return(entry);
            }
          }
          return undefined;
        },
        timedOut: (timeoutMs) =>
          new EmulatorTimeoutError(
            `next() timed out after ${timeoutMs} ms: ${why()}`,
            stats.snapshot,
          ),
        closed: () => new EmulatorClosedError(`the emulator was closed during next(): ${why()}`),
      },
      options,
    );
  }

  #return(entry: Entry): Item {
    this.#returned.add(entry);
    let first = this.#entries[this.#unreturned];
    while (first !== undefined && this.#returned.has(first)) {
      this.#unreturned += 1;
      first = this.#entries[this.#unreturned];
    }
    return this.#options.itemOf(entry);
  }
}
