import type { Envelope } from "@loggregator/api";
import { displayName } from "../../src/text/displayName.js";
import { millisecondsOf } from "../list/envelopeFacts.js";

/** The maximum number of series. Later ones are counted only. */
const maxSeries = 2_000;
/** The maximum number of points of a series: at most one for each second. */
const maxPoints = 900;
/** Metrics and sources with longer names are not kept, to bound the memory. */
const maxName = 256;

/** A metric of one instance over time. */
export class Series {
  readonly metric: string;
  readonly source: string;
  readonly type: "gauge" | "counter";
  readonly unit: string;
  /** In seconds since the UNIX epoch, in ascending order. */
  readonly times: number[] = [];
  /** The values of a gauge, or the totals of a counter. */
  readonly values: number[] = [];

  constructor(metric: string, source: string, type: Series["type"], unit: string) {
    this.metric = metric;
    this.source = source;
    this.type = type;
    this.unit = unit;
  }

  /**
   * Adds a value. The last value of a second is kept; values older than the last one are ignored.
   */
  add(timeMs: number, value: number): void {
    const second = Math.floor(timeMs / 1_000);
    const last = this.times.at(-1);
    if (last !== undefined && second < last) {
      return;
    }
    if (second === last) {
      this.values[this.values.length - 1] = value;
      return;
    }
    this.times.push(second);
    this.values.push(value);
    if (this.times.length > maxPoints) {
      this.times.shift();
      this.values.shift();
    }
  }

  /** Adds to the total of a counter that sends none. */
  increase(timeMs: number, delta: number): void {
    this.add(timeMs, (this.values.at(-1) ?? 0) + delta);
  }

  /** The values to draw: of a counter, its rate per second. */
  drawn(): { readonly times: readonly number[]; readonly values: readonly number[] } {
    const { times, values, type } = this;
    if (type === "gauge") {
      return { times, values };
    }
    const rates = values.slice(1).map((value, index) => {
      const before = values[index] ?? 0;
      const seconds = (times[index + 1] ?? 0) - (times[index] ?? 0);
      // A counter that is lower than before was reset.
      return (value < before ? value : value - before) / seconds;
    });
    return { times: times.slice(1), values: rates };
  }
}

/** The gauges and counters that arrived, over time, in bounded memory. */
export class MetricStore {
  readonly #series = new Map<string, Series>();
  /** The number of values of series that are not kept. */
  ignored = 0;
  /** Grows whenever there is a new series. */
  version = 0;

  add(envelope: Envelope): void {
    const { message, timestamp } = envelope;
    if (message?.$case === "gauge") {
      for (const name in message.value.metrics) {
        const metric = message.value.metrics[name];
        if (metric !== undefined) {
          const series = this.#find(envelope, name, "gauge", metric.unit);
          series?.add(millisecondsOf(timestamp), metric.value);
        }
      }
    } else if (message?.$case === "counter") {
      const { name, total, delta } = message.value;
      const series = this.#find(envelope, name, "counter", "");
      if (total > 0n) {
        series?.add(millisecondsOf(timestamp), Number(total));
      } else {
        series?.increase(millisecondsOf(timestamp), Number(delta));
      }
    }
  }

  /** All series, in order of arrival. */
  get all(): Iterable<Series> {
    return this.#series.values();
  }

  #find(envelope: Envelope, name: string, type: Series["type"], unit: string): Series | undefined {
    const { sourceId, instanceId } = envelope;
    if (sourceId.length > maxName || instanceId.length > maxName || name.length > maxName) {
      this.ignored += 1;
      return undefined;
    }
    const key = `${type}\0${name}\0${sourceId}\0${instanceId}`;
    const known = this.#series.get(key);
    if (known !== undefined) {
      return known;
    }
    if (this.#series.size >= maxSeries) {
      this.ignored += 1;
      return undefined;
    }
    const source = displayName(envelope).slice(0, maxName);
    const made = new Series(name, source, type, unit.slice(0, maxName));
    this.#series.set(key, made);
    this.version += 1;
    return made;
  }
}
