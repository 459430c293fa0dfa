import { amount, rate } from "../../src/text/formatNumbers.js";
import { byId, element } from "../dom.js";
import type { Series } from "./metricStore.js";

/** The table of the series in a chart, with the values at the pointer. */
export class SeriesTable {
  /** The time at the pointer. Undefined: the last values are shown. */
  pointer: number | undefined;
  readonly #rows = byId("metric-series", HTMLTableSectionElement);

  draw(lines: readonly Series[]): void {
    this.#rows.replaceChildren(
      ...lines.map((series, index) => {
        const { times, values } = series.drawn();
        const text = (value: number | undefined) =>
          value === undefined ? "" : valueText(series, value);
        const at = this.pointer === undefined ? -1 : lastUpTo(times, this.pointer);
        return element(
          "tr",
          "",
          element("td", "", element("span", `swatch line-${index}`), series.source),
          element("td", "number", text(values.at(at))),
          element("td", "number", text(least(values))),
          element("td", "number", text(most(values))),
        );
      }),
    );
  }
}

/** A value of a series with its unit. */
export function valueText(series: Series | undefined, value: number): string {
  return series?.type === "counter" ? `${rate(value)}/s` : amount(value, series?.unit ?? "");
}

function lastUpTo(times: readonly number[], time: number): number {
  return times.findLastIndex((other) => other <= time);
}

function least(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.min(...values);
}

function most(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values);
}
