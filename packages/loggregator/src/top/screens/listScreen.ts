import { cut, padEnd, textWidth } from "../../terminal/textWidth.js";
import { escapeControls } from "../../text/escapeControls.js";
import { counted, grouped, rate } from "../../text/formatNumbers.js";
import { sparkline } from "../../text/sparkline.js";
import type { MetricRow } from "../counts/metricEntry.js";
import type { SourceRow } from "../counts/sourceEntry.js";
import type { TopSnapshot } from "../counts/tally.js";
import { filled, type ScreenFrame } from "./frame.js";
import { metricCells, metricHeads, metricLine } from "./metricTable.js";
import type { SortKey } from "./sortKey.js";
import { SourceTable } from "./sourceTable.js";

/** The content of the list. */
export interface ListState {
  /** The sources that pass the filter, in their order. */
  readonly sources: readonly SourceRow[];
  /** Their metrics. */
  readonly metrics: readonly MetricRow[];
  readonly sort: SortKey;
  /** The index of the selected source. */
  readonly selected: number;
  /** The footer. */
  readonly hint: string;
}

/**
 * Returns the lines of the screen: one per row, none wider than its columns. Sources take up to
 * half of them, or those that metrics do not need.
 */
export function listScreen(
  snapshot: TopSnapshot,
  frame: ScreenFrame,
  { sources, metrics, sort, selected, hint }: ListState,
): string[] {
  const { columns, rows, paint } = frame;
  // The header and an empty line, two headings with an empty line between them, and the footer.
  const room = Math.max(rows - 6, 2);
  const sourceRows = Math.min(
    sources.length,
    Math.max(Math.floor(room / 2), room - metrics.length),
  );
  // Scrolls so that the selected row is visible.
  const first = Math.max(0, Math.min(selected - sourceRows + 1, sources.length - sourceRows));
  const table = new SourceTable(columns);
  const names = new Map(snapshot.sources.map(({ sourceId, name }) => [sourceId, name]));
  const lines = [
    paint("bold", cut(headLine(snapshot, frame), columns)),
    "",
    paint("gray", table.head(sort)),
    ...sources.slice(first, first + sourceRows).map((row, index) => {
      const line = table.row(row);
      return first + index === selected ? paint("inverse", line) : line;
    }),
    "",
    paint("gray", metricLine(metricHeads, columns)),
    ...metrics
      .slice(0, room - sourceRows)
      .map((row) => metricLine(metricCells(row, names.get(row.sourceId)), columns)),
  ];
  const foot = escapeControls(frame.notice ?? hint);
  return filled(lines, rows, paint(frame.notice ? "yellow" : "gray", cut(foot, columns)));
}

function headLine(snapshot: TopSnapshot, { source, seconds, columns }: ScreenFrame): string {
  const { perSecond, total, sources, uncounted, history } = snapshot;
  const left = `${escapeControls(source)}, ${Math.round(seconds)} s`;
  const more = uncounted > 0 ? "+" : "";
  const right = `${rate(perSecond)}/s  ${grouped(total)} in total  ${counted(sources.length, "source")}${more}`;
  const room = columns - textWidth(left) - textWidth(right) - 4;
  const spark = room >= 8 ? `${sparkline(history, Math.min(room, 30))}  ` : "";
  return `${padEnd(left, Math.max(columns - textWidth(spark + right), textWidth(left) + 2))}${spark}${right}`;
}
