import type { Envelope } from "@loggregator/api";
import type { EnvelopeType } from "../filter/filter.js";
import { amount, duration, grouped } from "../text/formatNumbers.js";

/** The number of ticks over which a rate is averaged. */
const windowTicks = 5;

/**
 * The maximum number of sources and of metrics with their own counts. Others are only included in
 * the sums.
 */
const maxEntries = 5_000;

/** Longer names are truncated, to bound the memory. */
const maxNameLength = 256;

/** A source and its envelopes. Rates are per second, averaged over the last ticks. */
export interface SourceRow {
  readonly sourceId: string;
  readonly perSecond: number;
  readonly perSecondOf: Readonly<Record<EnvelopeType, number>>;
  readonly total: number;
}

/** A metric of a source. */
export interface MetricRow {
  readonly name: string;
  readonly type: "counter" | "gauge" | "timer";
  readonly sourceId: string;
  readonly perSecond: number;
  readonly total: number;
  /** The last value: of a gauge with its unit, of a counter its total, of a timer its duration. */
  readonly value: string;
}

/** The counts as of the last tick, the busiest first. */
export interface TopSnapshot {
  readonly perSecond: number;
  readonly total: number;
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
    source?.add(message?.$case);
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
    const sources = [...this.#sources.values()].map((entry) => entry.tick(seconds));
    const metrics = [...this.#metrics.values()].map((entry) => entry.tick(seconds));
    forgetIdle(this.#sources);
    forgetIdle(this.#metrics);
    return {
      perSecond,
      total: this.#all.total,
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

/** A total, and its recent part. */
class Count {
  total = 0;
  readonly #before: number[] = [0];

  /** Returns the number added in the last ticks. */
  tick(): number {
    const added = this.total - (this.#before[0] ?? 0);
    this.#before.push(this.total);
    if (this.#before.length > windowTicks) {
      this.#before.shift();
    }
    return added;
  }

  get isIdle(): boolean {
    return this.total === this.#before[0];
  }
}

class SourceEntry {
  readonly #sourceId: string;
  readonly #all = new Count();
  readonly #counts = {
    log: new Count(),
    counter: new Count(),
    gauge: new Count(),
    timer: new Count(),
    event: new Count(),
  };

  constructor(sourceId: string) {
    this.#sourceId = sourceId;
  }

  get isIdle(): boolean {
    return this.#all.isIdle;
  }

  add(type: EnvelopeType | undefined): void {
    this.#all.total += 1;
    if (type !== undefined) {
      this.#counts[type].total += 1;
    }
  }

  tick(seconds: number): SourceRow {
    const { log, counter, gauge, timer, event } = this.#counts;
    return {
      sourceId: this.#sourceId,
      perSecond: this.#all.tick() / seconds,
      perSecondOf: {
        log: log.tick() / seconds,
        counter: counter.tick() / seconds,
        gauge: gauge.tick() / seconds,
        timer: timer.tick() / seconds,
        event: event.tick() / seconds,
      },
      total: this.#all.total,
    };
  }
}

class MetricEntry {
  readonly #sourceId: string;
  readonly #type: MetricRow["type"];
  readonly #name: string;
  readonly #count = new Count();
  #value: number | bigint = 0;
  #unit = "";
  /** The value of a counter: its total, or the sum of its deltas. */
  sum = 0n;

  constructor(sourceId: string, type: MetricRow["type"], name: string) {
    this.#sourceId = sourceId;
    this.#type = type;
    this.#name = name;
  }

  get isIdle(): boolean {
    return this.#count.isIdle;
  }

  add(value: number | bigint, unit = ""): void {
    this.#count.total += 1;
    this.#value = value;
    if (unit !== this.#unit) {
      this.#unit = copy(bounded(unit));
    }
  }

  tick(seconds: number): MetricRow {
    return {
      name: this.#name,
      type: this.#type,
      sourceId: this.#sourceId,
      perSecond: this.#count.tick() / seconds,
      total: this.#count.total,
      value: this.#text(),
    };
  }

  #text(): string {
    if (this.#type === "timer") {
      return duration(BigInt(this.#value));
    }
    return typeof this.#value === "bigint" ? grouped(this.#value) : amount(this.#value, this.#unit);
  }
}

/** Removes idle entries from half of the bound on. */
function forgetIdle(entries: Map<string, { readonly isIdle: boolean }>): void {
  if (entries.size < maxEntries / 2) {
    return;
  }
  for (const [key, entry] of entries) {
    if (entry.isIdle) {
      entries.delete(key);
    }
  }
}

function bounded(name: string): string {
  return name.length <= maxNameLength ? name : `${name.slice(0, maxNameLength - 1)}…`;
}

/** Copies a string: a part of a larger string, such as a message, keeps that in memory. */
function copy(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

function busiestFirst(
  a: { readonly perSecond: number; readonly total: number },
  b: { readonly perSecond: number; readonly total: number },
): number {
  return b.perSecond - a.perSecond || b.total - a.total;
}
