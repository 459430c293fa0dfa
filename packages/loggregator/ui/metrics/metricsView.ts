import { Chart } from "../charts/chart.js";
import { setChoices } from "../charts/setChoices.js";
import { byId } from "../dom.js";
import { defaultWindow, windowOf } from "../location/pageState.js";
import type { MetricStore, Series } from "./metricStore.js";
import { SeriesTable, valueText } from "./seriesTable.js";

/** The maximum number of lines, and of colours in the style sheet. */
const maxLines = 8;

/** The metric and the source that the metrics view shows. */
export interface MetricChoice {
  /** The type and name of the metric: `gauge:cpu`. */
  readonly metric: string | undefined;
  /** The name of the source; undefined for all. */
  readonly source: string | undefined;
  /** The time to show, in seconds. Undefined: `defaultWindow`. */
  readonly metricWindow: number | undefined;
}

/** Charts one metric of all or one of its sources. */
export class MetricsView {
  readonly #store: MetricStore;
  readonly #onChange: (choice: MetricChoice) => void;
  readonly #name = byId("metric-name", HTMLSelectElement);
  readonly #source = byId("metric-source", HTMLSelectElement);
  readonly #window = byId("metric-window", HTMLSelectElement);
  readonly #summary = byId("metric-summary", HTMLElement);
  readonly #content = byId("metric-content", HTMLElement);
  readonly #empty = byId("no-metrics", HTMLElement);
  readonly #chart: Chart;
  readonly #table = new SeriesTable();
  #choice: MetricChoice = { metric: undefined, source: undefined, metricWindow: undefined };
  #version = -1;

  /** @param onChange Called when the user chooses another metric, source or time. */
  constructor(store: MetricStore, onChange: (choice: MetricChoice) => void) {
    this.#store = store;
    this.#onChange = onChange;
    this.#chart = new Chart(byId("metric-chart", HTMLElement), {
      format: String,
      onPointer: (time) => {
        this.#table.pointer = time;
        this.#table.draw(this.#lines());
      },
    });
    this.#name.addEventListener("change", () => {
      this.#change({ ...this.#choice, metric: this.#name.value, source: undefined });
    });
    this.#source.addEventListener("change", () => {
      this.#change({ ...this.#choice, source: this.#source.value || undefined });
    });
    this.#window.addEventListener("change", () => {
      this.#change({ ...this.#choice, metricWindow: windowOf(this.#window.value) });
    });
  }

  /** Shows a choice, such as the one in the address. */
  choose({ metric, source, metricWindow }: MetricChoice): void {
    this.#choice = { metric, source, metricWindow };
    this.#window.value = String(metricWindow ?? defaultWindow);
    this.#version = -1;
  }

  draw(): void {
    const first = this.#first();
    this.#empty.hidden = first !== undefined;
    this.#content.hidden = first === undefined;
    if (first === undefined) {
      return;
    }
    if (this.#choice.metric === undefined) {
      this.#choice = { ...this.#choice, metric: keyOf(first) };
    }
    if (this.#version !== this.#store.version) {
      this.#version = this.#store.version;
      this.#setFields();
    }
    const lines = this.#lines();
    const to = Date.now() / 1_000;
    const from = to - (this.#choice.metricWindow ?? defaultWindow);
    this.#chart.draw(
      lines.map((series, index) => ({ color: `--line-${index}`, ...series.drawn() })),
      { from, to },
      (value) => valueText(lines[0], value),
    );
    this.#table.draw(lines);
  }

  #change(choice: MetricChoice): void {
    this.choose(choice);
    this.#onChange(choice);
    this.draw();
  }

  /** The metric to begin with: CPU, if there is one. */
  #first(): Series | undefined {
    let first: Series | undefined;
    for (const series of this.#store.all) {
      if (series.metric === "cpu") {
        return series;
      }
      first ??= series;
    }
    return first;
  }

  #setFields(): void {
    const metrics = new Map<string, Series>();
    const sources = new Set<string>();
    for (const series of this.#store.all) {
      metrics.set(keyOf(series), series);
      if (keyOf(series) === this.#choice.metric) {
        sources.add(series.source);
      }
    }
    const choices = [...metrics].map(([value, { metric, type }]) => ({
      value,
      label: metric,
      group: type === "gauge" ? "Gauges" : "Counters, per second",
    }));
    choices.sort((a, b) => (b.group + a.label < a.group + b.label ? 1 : -1));
    setChoices(this.#name, choices, this.#choice.metric ?? "");
    const all = { value: "", label: `All (${sources.size})` };
    const names = [...sources].sort().map((name) => ({ value: name, label: name }));
    setChoices(this.#source, [all, ...names], this.#choice.source ?? "");
  }

  /** The series to draw: those with the highest last values. */
  #lines(): Series[] {
    const { metric, source } = this.#choice;
    const chosen: Series[] = [];
    for (const series of this.#store.all) {
      if (keyOf(series) === metric && (source === undefined || series.source === source)) {
        chosen.push(series);
      }
    }
    const last = (series: Series) => series.drawn().values.at(-1) ?? 0;
    const lines = chosen.sort((a, b) => last(b) - last(a)).slice(0, maxLines);
    const hidden = chosen.length - lines.length;
    const ignored =
      this.#store.ignored === 0
        ? ""
        : "The page keeps the first 2,000 series; others are not shown.";
    this.#summary.textContent =
      hidden === 0
        ? ignored
        : `The ${maxLines} highest of ${chosen.length} series. Choose a source to see others. ${ignored}`;
    return lines.sort((a, b) => (a.source < b.source ? -1 : 1));
  }
}

function keyOf({ type, metric }: Series): string {
  return `${type}:${metric}`;
}
