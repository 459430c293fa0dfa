import { cut, textWidth } from "../../terminal/textWidth.js";
import { escapeControls } from "../../text/escapeControls.js";
import { rate } from "../../text/formatNumbers.js";
import type { MetricRow } from "../counts/metricEntry.js";
import { fitLeft } from "./frame.js";

/** The texts of a metric. */
export interface MetricCells {
  readonly name: string;
  readonly type: string;
  readonly source: string;
  readonly perSecond: string;
  readonly value: string;
}

export const metricHeads: MetricCells = {
  name: "METRIC",
  type: "TYPE",
  source: "SOURCE",
  perSecond: "RATE/S",
  value: "VALUE",
};

/** @param source The name of the source. Default: its id. */
export function metricCells(row: MetricRow, source: string = row.sourceId): MetricCells {
  return {
    name: escapeControls(row.name),
    type: row.type,
    source: escapeControls(source) || "(none)",
    perSecond: rate(row.perSecond),
    value: escapeControls(row.value),
  };
}

export function metricLine(cells: MetricCells, columns: number): string {
  const { name, type, source, perSecond, value } = cells;
  const valueWidth = Math.min(Math.max(columns - 58, 12), 22);
  const text = Math.max(columns - 7 - 8 - valueWidth - 4, 10);
  const nameWidth = Math.ceil(text / 2);
  return cut(
    [
      fitLeft(name, nameWidth),
      type.padEnd(7),
      fitLeft(source, text - nameWidth),
      perSecond.padStart(8),
      " ".repeat(Math.max(valueWidth - textWidth(value), 0)) + value,
    ].join(" "),
    columns,
  );
}
