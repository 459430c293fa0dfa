import type { Paint } from "../terminal/paint.js";
import { cut, padEnd, textWidth } from "../terminal/textWidth.js";
import { escapeControls } from "../text/escapeControls.js";
import { counted, grouped, rate } from "../text/formatNumbers.js";
import type { MetricRow, SourceRow, TopSnapshot } from "./tally.js";

/** The state that the screen shows in addition to the counts. */
export interface ScreenFrame {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
  /** The address of the source. */
  readonly source: string;
  readonly seconds: number;
  /** A message that replaces the last line. */
  readonly notice: string | undefined;
}

/**
 * Returns the lines of the screen: one per row, none wider than its columns. Sources take up to
 * half of them, or those that metrics do not need.
 */
export function screenLines(snapshot: TopSnapshot, frame: ScreenFrame): string[] {
  const { columns, rows, paint } = frame;
  const { sources, metrics } = snapshot;
  // The header and an empty line, two headings with an empty line between them, and the footer.
  const room = Math.max(rows - 6, 2);
  const sourceRows = Math.min(
    sources.length,
    Math.max(Math.floor(room / 2), room - metrics.length),
  );
  const lines = [
    paint("bold", cut(headLine(snapshot, frame), columns)),
    "",
    paint("gray", sourceLine(sourceHeads, columns)),
    ...sources.slice(0, sourceRows).map((row) => sourceLine(sourceCells(row), columns)),
    "",
    paint("gray", metricLine(metricHeads, columns)),
    ...metrics.slice(0, room - sourceRows).map((row) => metricLine(metricCells(row), columns)),
  ].slice(0, rows - 1);
  while (lines.length < rows - 1) {
    lines.push("");
  }
  const hint = `${snapshot.total === 0 ? "waiting for envelopes; " : ""}q or Ctrl-C ends it`;
  const foot = escapeControls(frame.notice ?? hint);
  lines.push(paint(frame.notice ? "yellow" : "gray", cut(foot, columns)));
  return lines;
}

/** Returns plain lines: the busiest sources and metrics, one per line. */
export function plainLines(snapshot: TopSnapshot, time: string): string {
  const { perSecond, total, sources, metrics } = snapshot;
  const lines = [
    `${time}  all  ${rate(perSecond)}/s  ${grouped(total)} in all`,
    ...sources.slice(0, plainRows).map((row) => {
      const types = Object.entries(row.perSecondOf)
        .filter(([, perSecond]) => perSecond > 0)
        .map(([type, perSecond]) => `${type} ${rate(perSecond)}/s`);
      return [`${time}  source`, escapeControls(row.sourceId), `${rate(row.perSecond)}/s`, ...types]
        .join("  ")
        .trimEnd();
    }),
    ...metrics.slice(0, plainRows).map((row) => {
      const { name, type, source, perSecond, value } = metricCells(row);
      return [`${time}  ${type}`, source, name, `${perSecond}/s`, value].join("  ").trimEnd();
    }),
  ];
  return `${lines.join("\n")}\n`;
}

const plainRows = 10;

function headLine(snapshot: TopSnapshot, { source, seconds, columns }: ScreenFrame): string {
  const { perSecond, total, sources, uncounted } = snapshot;
  const left = `${escapeControls(source)}, ${Math.round(seconds)} s`;
  const more = uncounted > 0 ? "+" : "";
  const right = `${rate(perSecond)}/s  ${grouped(total)} in all  ${counted(sources.length, "source")}${more}`;
  return `${padEnd(left, Math.max(columns - right.length, textWidth(left) + 2))}${right}`;
}

const sourceHeads = {
  source: "SOURCE",
  all: "ALL/S",
  log: "LOG/S",
  counter: "CNT/S",
  gauge: "GAUGE/S",
  timer: "TIMER/S",
  event: "EVT/S",
  total: "TOTAL",
};

function sourceCells({ sourceId, perSecond, perSecondOf, total }: SourceRow): typeof sourceHeads {
  const { log, counter, gauge, timer, event } = perSecondOf;
  return {
    source: escapeControls(sourceId) || "(none)",
    all: rate(perSecond),
    log: rate(log),
    counter: rate(counter),
    gauge: rate(gauge),
    timer: rate(timer),
    event: rate(event),
    total: grouped(total),
  };
}

/** A narrow screen has no room for the last types. */
function sourceLine(cells: typeof sourceHeads, columns: number): string {
  const { source, all, log, counter, gauge, timer, event, total } = cells;
  const room = Math.max(Math.floor((columns - 26) / 8), 1);
  const figures = [all, log, counter, gauge, timer, event].slice(0, room);
  const right = `${figures.map((cell) => cell.padStart(7)).join(" ")} ${total.padStart(9)}`;
  return cut(`${fit(source, columns - right.length - 1)} ${right}`, columns);
}

const metricHeads = {
  name: "METRIC",
  type: "TYPE",
  source: "SOURCE",
  perSecond: "RATE/S",
  value: "VALUE",
};

function metricCells(row: MetricRow): typeof metricHeads {
  return {
    name: escapeControls(row.name),
    type: row.type,
    source: escapeControls(row.sourceId) || "(none)",
    perSecond: rate(row.perSecond),
    value: escapeControls(row.value),
  };
}

function metricLine(cells: typeof metricHeads, columns: number): string {
  const { name, type, source, perSecond, value } = cells;
  const valueWidth = Math.min(Math.max(columns - 58, 12), 22);
  const text = Math.max(columns - 7 - 8 - valueWidth - 4, 10);
  const nameWidth = Math.ceil(text / 2);
  return cut(
    [
      fit(name, nameWidth),
      type.padEnd(7),
      fit(source, text - nameWidth),
      perSecond.padStart(8),
      " ".repeat(Math.max(valueWidth - textWidth(value), 0)) + value,
    ].join(" "),
    columns,
  );
}

/** Pads or cuts to a width. */
function fit(text: string, width: number): string {
  return padEnd(cut(text, width), width);
}
