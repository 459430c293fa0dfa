import { Counter, Gauge, type Metric } from "prom-client";
import type { AnyRegistry } from "../checkRegistry.js";
import type { Labels } from "./seriesLabels.js";

/** The values of one metric with the same labels. */
export interface Series {
  readonly key: string;
  readonly family: MetricFamily;
  readonly labels: Labels;
  /** A counter's total or a gauge's value. */
  value: number | bigint;
  /** The newest timestamp of its envelopes. */
  timestamp: bigint;
  /** The time at which the last envelope was added, in milliseconds of a monotonic clock. */
  addedAt: number;
}

/** The metric that envelopes describe. */
export interface MetricSource {
  readonly kind: "counter" | "gauge";
  /** The metric's name in the envelopes. */
  readonly name: string;
  readonly unit: string;
}

/**
 * A metric in the registry, with all of its series. A metric of prom-client has a fixed set of
 * labels, so it is replaced when a series needs another set. The values are copied to it whenever
 * the registry is read.
 */
export class MetricFamily {
  readonly name: string;
  readonly source: MetricSource;
  readonly #registry: AnyRegistry;
  readonly #series = new Set<Series>();
  /** The number of series with each label. */
  readonly #labelCounts = new Map<string, number>();
  /** The labels that the metric accepts. Labels of expired series are removed later. */
  #labelNames: ReadonlySet<string> = new Set();
  readonly #beforeRead: () => void;
  #metric: Metric | undefined;

  /** @param beforeRead Called before the registry reads the values. */
  constructor(registry: AnyRegistry, name: string, source: MetricSource, beforeRead: () => void) {
    this.#registry = registry;
    this.name = name;
    this.source = source;
    this.#beforeRead = beforeRead;
  }

  /** Whether values of `source` belong here. Units may have several spellings. */
  is({ kind, name }: MetricSource): boolean {
    return this.source.kind === kind && this.source.name === name;
  }

  /** Whether the registry has the metric, or has room for it. */
  canRegister(): boolean {
    const registered = this.#registry.getSingleMetric(this.name);
    return registered === undefined || registered === this.#metric;
  }

  add(series: Series): void {
    this.#series.add(series);
    const names = Object.keys(series.labels);
    for (const name of names) {
      this.#labelCounts.set(name, (this.#labelCounts.get(name) ?? 0) + 1);
    }
    if (this.#metric === undefined || !names.every((name) => this.#labelNames.has(name))) {
      this.unregister();
      this.#labelNames = new Set(this.#labelCounts.keys());
      this.#metric = this.#createMetric();
      this.#registry.registerMetric(this.#metric);
    }
  }

  /** Removes a series, and the metric with the last one. Returns whether it was the last. */
  delete(series: Series): boolean {
    this.#series.delete(series);
    for (const name of Object.keys(series.labels)) {
      const count = this.#labelCounts.get(name) ?? 0;
      if (count > 1) {
        this.#labelCounts.set(name, count - 1);
      } else {
        this.#labelCounts.delete(name);
      }
    }
    if (this.#series.size > 0) {
      return false;
    }
    this.unregister();
    return true;
  }

  unregister(): void {
    if (this.#metric !== undefined && this.#registry.getSingleMetric(this.name) === this.#metric) {
      this.#registry.removeSingleMetric(this.name);
    }
  }

  #createMetric(): Metric {
    const { kind, name, unit } = this.source;
    const suffix = unit === "" ? "" : ` in ${JSON.stringify(unit)}`;
    const options = {
      name: this.name,
      help: `The Loggregator ${kind} ${JSON.stringify(name)}${suffix}.`,
      labelNames: [...this.#labelNames],
      registers: [],
    };
    if (kind === "counter") {
      const counter: Counter = new Counter({
        ...options,
        collect: () => this.#fill(counter, (labels, value) => counter.inc(labels, value)),
      });
      return counter;
    }
    const gauge: Gauge = new Gauge({
      ...options,
      collect: () => this.#fill(gauge, (labels, value) => gauge.set(labels, value)),
    });
    return gauge;
  }

  #fill(metric: Counter | Gauge, set: (labels: Labels, value: number) => void): void {
    this.#beforeRead();
    metric.reset();
    for (const { labels, value } of this.#series) {
      set({ ...labels }, Number(value));
    }
    // The last series has just expired. Without labels, prom-client would show a 0.
    if (this.#series.size === 0) {
      metric.remove({});
    }
  }
}
