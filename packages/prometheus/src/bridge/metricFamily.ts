import { Counter, Gauge, type Metric } from "prom-client";
import type { AnyRegistry } from "../registry.js";
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
 * labels, so it is replaced when a series has another one. It takes its values from here whenever
 * the registry is read.
 */
export class MetricFamily {
  readonly name: string;
  readonly source: MetricSource;
  readonly series = new Set<Series>();
  readonly #registry: AnyRegistry;
  readonly #labelNames = new Set<string>();
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
    this.series.add(series);
    const before = this.#labelNames.size;
    for (const name of Object.keys(series.labels)) {
      this.#labelNames.add(name);
    }
    if (this.#metric === undefined || this.#labelNames.size > before) {
      this.unregister();
      this.#metric = this.#createMetric();
      this.#registry.registerMetric(this.#metric);
    }
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
    for (const { labels, value } of this.series) {
      set({ ...labels }, Number(value));
    }
    // The last series has just expired. Without labels, prom-client would show a 0.
    if (this.series.size === 0) {
      metric.remove({});
    }
  }
}
