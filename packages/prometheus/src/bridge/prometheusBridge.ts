import { checkEnvelopes, type Envelope } from "@loggregator/api";
import {
  DropReporter,
  dropNotice,
  type LifetimeStatus,
  onAbort,
  StatusFeed,
} from "@loggregator/core";
import type { AnyRegistry } from "../checkRegistry.js";
import { MetricFamily, type MetricSource, type Series } from "./metricFamily.js";
import { counterName, gaugeName } from "./names.js";
import {
  type BridgeSettings,
  bridgeSettings,
  type PrometheusBridgeOptions,
  type PrometheusBridgeStats,
} from "./options.js";
import { type Labels, seriesLabels } from "./seriesLabels.js";

/** The result of adding a metric of an envelope. */
type Outcome = "kept" | "late" | "dropped";

/**
 * Keeps the latest counters and gauges of envelopes in a registry of prom-client, from where
 * Prometheus can scrape them. The README describes names and labels.
 *
 * A counter has the total of its envelopes or, if they have none, the sum of their deltas. The
 * bridge does no I/O and has no timer.
 */
export class PrometheusBridge implements AsyncDisposable {
  readonly #registry: AnyRegistry;
  readonly #settings: BridgeSettings;
  readonly #families = new Map<string, MetricFamily>();
  /** By key, in the order of their latest envelopes, oldest first. */
  readonly #series = new Map<string, Series>();
  readonly #drops: DropReporter;
  readonly #status = new StatusFeed<LifetimeStatus>({ type: "open" });
  readonly #removeListener = () => {};
  #dropReason = "";
  #added = 0;
  #ignored = 0;
  #late = 0;
  #expired = 0;
  #closed = false;

  /** @throws OptionTypeError, OptionRangeError for an invalid option. */
  constructor(options: PrometheusBridgeOptions) {
    this.#settings = bridgeSettings(options);
    this.#registry = options.registry;
    const { logger, onDropped, signal } = options;
    const notice = dropNotice({ subject: "Prometheus bridge", logger, onDropped });
    this.#drops = new DropReporter((count) => {
      const envelopes = count === 1 ? "envelope" : "envelopes";
      notice(count, `dropped metrics of ${count} ${envelopes}: ${this.#dropReason}`);
    });
    this.#removeListener = onAbort(signal, () => void this.close());
  }

  /** The statistics of the bridge. */
  get stats(): PrometheusBridgeStats {
    this.#expire();
    return {
      added: this.#added,
      ignored: this.#ignored,
      dropped: this.#drops.total,
      late: this.#late,
      series: this.#series.size,
      expired: this.#expired,
    };
  }

  /** Yields `open`, and `closed` as the last one. */
  status(): AsyncIterableIterator<LifetimeStatus, undefined> {
    return this.#status.read();
  }

  /**
   * Adds the metrics of one envelope or of a batch. No effect after `close()`.
   *
   * @throws OptionTypeError, OptionRangeError for a value that is not an envelope. Nothing is added
   * then.
   */
  add(envelopes: Envelope | readonly Envelope[]): void {
    const batch: unknown = Array.isArray(envelopes) ? envelopes : [envelopes];
    checkEnvelopes("envelopes", batch);
    if (this.#closed) {
      return;
    }
    this.#expire();
    for (const envelope of batch) {
      this.#addOne(envelope);
    }
  }

  /** Removes the metrics from the registry. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const family of this.#families.values()) {
      family.unregister();
    }
    this.#families.clear();
    this.#series.clear();
    this.#drops.close();
    this.#removeListener();
    this.#status.push({ type: "closed" });
  }

  /** Same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #addOne(envelope: Envelope): void {
    const { message } = envelope;
    if (message?.$case !== "counter" && message?.$case !== "gauge") {
      this.#ignored++;
      return;
    }
    this.#added++;
    const labels = seriesLabels(envelope, this.#settings.tags);
    const outcomes = new Set<Outcome>();
    if (message.$case === "counter") {
      const { name, total, delta } = message.value;
      const exposed = counterName(this.#settings.prefix + name);
      const source: MetricSource = { kind: "counter", name, unit: "" };
      outcomes.add(
        this.#update(exposed, source, labels, envelope, (series, isLate) => {
          if (total === 0n && delta !== 0n) {
            series.value = BigInt(series.value) + delta;
            return "kept";
          }
          series.value = isLate ? series.value : total;
          return isLate ? "late" : "kept";
        }),
      );
    } else {
      for (const [name, { unit, value }] of Object.entries(message.value.metrics)) {
        const exposed = gaugeName(this.#settings.prefix + name, unit);
        const source: MetricSource = { kind: "gauge", name, unit };
        outcomes.add(
          this.#update(exposed, source, labels, envelope, (series, isLate) => {
            series.value = isLate ? series.value : value;
            return isLate ? "late" : "kept";
          }),
        );
      }
    }
    this.#late += outcomes.has("late") ? 1 : 0;
    if (outcomes.has("dropped")) {
      this.#drops.add(1);
    }
  }

  /** @param apply Changes the value of the series. */
  #update(
    name: string,
    source: MetricSource,
    labels: Labels,
    { timestamp }: Envelope,
    apply: (series: Series, isLate: boolean) => Outcome,
  ): Outcome {
    const key = JSON.stringify([name, labels]);
    let series = this.#series.get(key);
    if (series !== undefined && !series.family.is(source)) {
      return this.#drop(`${series.family.name} is the name of another metric`);
    }
    if (series === undefined) {
      const family = this.#families.get(name) ?? this.#newFamily(name, source);
      if (!family.is(source) || !family.canRegister()) {
        return this.#drop(`${name} is the name of another metric`);
      }
      if (this.#series.size >= this.#settings.maxSeries) {
        return this.#drop(`there are ${this.#settings.maxSeries} series (maxSeries)`);
      }
      const value = source.kind === "counter" ? 0n : 0;
      series = { key, family, labels, value, timestamp, addedAt: 0 };
      this.#families.set(name, family);
      family.add(series);
    }
    const isLate = timestamp < series.timestamp;
    series.timestamp = isLate ? series.timestamp : timestamp;
    series.addedAt = performance.now();
    // Moves it to the end.
    this.#series.delete(key);
    this.#series.set(key, series);
    return apply(series, isLate);
  }

  #drop(reason: string): "dropped" {
    this.#dropReason = reason;
    return "dropped";
  }

  #newFamily(name: string, source: MetricSource): MetricFamily {
    return new MetricFamily(this.#registry, name, source, () => this.#expire());
  }

  #expire(): void {
    const oldest = performance.now() - this.#settings.expireAfterMs;
    for (const series of this.#series.values()) {
      if (series.addedAt > oldest) {
        return;
      }
      this.#expired++;
      this.#series.delete(series.key);
      const { family } = series;
      if (family.delete(series)) {
        this.#families.delete(family.name);
      }
    }
  }
}
