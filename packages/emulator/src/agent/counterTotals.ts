import { createHash } from "node:crypto";
import type { Counter, Envelope } from "@loggregator/api";

/** As the agent's source has it. */
const maxSeries = 10_000;
/** Longer keys are hashed, so that long names and tags do not occupy memory. */
const maxKeyLength = 200;

/**
 * Fills in the totals of counters, as the agent does: it adds up the deltas of each series, which is
 * a source id, a name and tags. Above 10,000 series it forgets all of them.
 */
export class CounterTotals {
  readonly #totals = new Map<string, bigint>();

  /** Returns the counter with its total, and remembers that. */
  add(envelope: Envelope, counter: Counter): Counter {
    if (this.#totals.size > maxSeries) {
      this.#totals.clear();
    }
    const key = keyOf(envelope, counter.name);
    const total =
      counter.total === 0n && counter.delta !== 0n
        ? BigInt.asUintN(64, (this.#totals.get(key) ?? 0n) + counter.delta)
        : counter.total;
    this.#totals.set(key, total);
    return total === counter.total ? counter : { ...counter, total };
  }

  /** Forgets all series, as a restarted agent has. */
  clear(): void {
    this.#totals.clear();
  }
}

function keyOf({ sourceId, tags }: Envelope, name: string): string {
  const key = JSON.stringify([
    sourceId,
    name,
    ...Object.keys(tags)
      .sort()
      .map((tag) => [tag, tags[tag]]),
  ]);
  return key.length > maxKeyLength ? createHash("sha256").update(key).digest("base64") : key;
}
