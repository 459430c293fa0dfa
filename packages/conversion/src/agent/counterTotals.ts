import type { Counter, Envelope } from "@loggregator/api";

/** The number of series above which the agent discards all of them. Source: the agent's code. */
const maxSeries = 10_000;
/** An additional limit in characters, because names and tags can be long. */
const maxKeyLength = 16 * 1024 * 1024;

/**
 * Sums the deltas of counters, as an agent does, for each series: a source id, a name and tags.
 * Above 10,000 series, or 16 Mi characters of names and tags, all of them are discarded.
 */
export class CounterTotals {
  readonly #totals = new Map<string, bigint>();
  #keyLength = 0;

  /** Adds a counter to its series. Returns it with the new total. */
  add(envelope: Envelope, counter: Counter): Counter {
    if (this.#totals.size > maxSeries || this.#keyLength > maxKeyLength) {
      this.clear();
    }
    const key = keyOf(envelope, counter.name);
    const previous = this.#totals.get(key);
    const total =
      counter.total === 0n && counter.delta !== 0n
        ? BigInt.asUintN(64, (previous ?? 0n) + counter.delta)
        : counter.total;
    this.#totals.set(key, total);
    if (previous === undefined) {
      this.#keyLength += key.length;
    }
    return total === counter.total ? counter : { ...counter, total };
  }

  /** Discards all series, as an agent does when it restarts. */
  clear(): void {
    this.#totals.clear();
    this.#keyLength = 0;
  }
}

function keyOf({ sourceId, tags }: Envelope, name: string): string {
  const pairs = Object.keys(tags)
    .sort()
    .map((tag) => [tag, tags[tag]]);
  return JSON.stringify([sourceId, name, ...pairs]);
}
