import type { Envelope } from "@loggregator/api";
import { bounded, copy } from "./bounded.js";
import { Count, windowTicks } from "./count.js";
import { MetricEntry, type MetricRow } from "./metricEntry.js";
import { SourceEntry, type SourceRow } from "./sourceEntry.js";

/**
 * The maximum number of sources and of metrics with their own counts. Others are only included in
 * the sums.
 */
const maxEntries = 5_000;

/** The number of ticks whose rates are kept. */
const historyTicks = 60;

/** The counts as of the last tick, the busiest first. */
export interface TopSnapshot {
  readonly perSecond: number;
  readonly total: number;
  /** The rates of the last ticks, the newest last. */
  readonly history: readonly number[];
  /** The number of envelopes of sources or metrics without their own count. */
  readonly uncounted: number;
  readonly sources: readonly SourceRow[];
  readonly metrics: readonly MetricRow[];
}

/** Counts envelopes by source and by metric, in bounded memory. */
export class Tally {
  readonly #sources = new Map<string, SourceEntry>();
  readonly #metrics = new Map<string, MetricEntry>();
  readonly #all = new Count();
  readonly #times: number[];
  readonly #history: number[] = [];
  #uncounted = 0;

  /** @param now In milliseconds, as all times here. */
  constructor(now: number) {
    this.#times = [now];
  }

  add(envelope: Envelope): void {
    const { message } = envelope;
    const sourceId = bounded(envelope.sourceId);
    this.#all.total += 1;
    const source = this.#entry(this.#sources, sourceId, () => new SourceEntry(copy(sourceId)));
    source?.add(envelope);
    switch (message?.$case) {
      case "counter": {
        const metric = this.#metric(sourceId, "counter", message.value.name);
        if (metric === undefined) {
          return;
        }
        const { delta, total } = message.value;
        metric.sum = total > 0n ? total : metric.sum + delta;
        metric.add(metric.sum);
        return;
      }
      case "gauge":
        for (const [name, { value, unit }] of Object.entries(message.value.metrics)) {
          this.#metric(sourceId, "gauge", name)?.add(value, unit);
        }
        return;
      case "timer": {
        const { name, start, stop } = message.value;
        this.#metric(sourceId, "timer", name)?.add(stop - start);
        return;
      }
    }
  }

  /** Ends an interval, and returns the counts of the last few ones. */
  tick(now: number): TopSnapshot {
    const seconds = Math.max(now - (this.#times[0] ?? now), 1) / 1000;
    this.#times.push(now);
    if (this.#times.length > windowTicks) {
      this.#times.shift();
    }
    const perSecond = this.#all.tick() / seconds;
    this.#history.push(perSecond);
    if (this.#history.length > historyTicks) {
      this.#history.shift();
    }
    const sources = [...this.#sources.values()].map((entry) => entry.tick(seconds));
    const metrics = [...this.#metrics.values()].map((entry) => entry.tick(seconds));
    removeIdle(this.#sources);
    removeIdle(this.#metrics);
    return {
      perSecond,
      total: this.#all.total,
      history: [...this.#history],
      uncounted: this.#uncounted,
      sources: sources.sort(busiestFirst),
      metrics: metrics.sort(busiestFirst),
    };
  }

  #metric(sourceId: string, type: MetricRow["type"], fullName: string): MetricEntry | undefined {
    const name = bounded(fullName);
    const key = `${type} ${JSON.stringify(sourceId)} ${name}`;
    const make = () => new MetricEntry(copy(sourceId), type, copy(name));
    return this.#entry(this.#metrics, key, make);
  }

  #entry<T>(entries: Map<string, T>, key: string, make: () => T): T | undefined {
    let entry = entries.get(key);
    if (entry === undefined) {
      if (entries.size >= maxEntries) {
        this.#uncounted += 1;
        return undefined;
      }
      entry = make();
      entries.set(copy(key), entry);
    }
    return entry;
  }
}

/** Removes idle entries once half of the maximum is in use. */
function removeIdle(entries: Map<string, { readonly isIdle: boolean }>): void {
  if (entries.size < maxEntries / 2) {
    return;
  }
  for (const [key, entry] of entries) {
    if (entry.isIdle) {
      entries.delete(key);
    }
  }
}

function busiestFirst(
  a: { readonly perSecond: number; readonly total: number },
  b: { readonly perSecond: number; readonly total: number },
): number {
  return b.perSecond - a.perSecond || b.total - a.total;
}
