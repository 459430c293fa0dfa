import { cut } from "../../terminal/textWidth.js";
import { escapeControls } from "../../text/escapeControls.js";
import { bytes, grouped, percent, rate } from "../../text/formatNumbers.js";
import { sparkline } from "../../text/sparkline.js";
import type { Container } from "../counts/containers.js";
import { type RequestRow, statusClasses } from "../counts/requests.js";
import type { SourceRow } from "../counts/sourceEntry.js";
import type { TopSnapshot } from "../counts/tally.js";
import { filled, fitLeft, fitRight, type ScreenFrame } from "./frame.js";
import { metricCells, metricHeads, metricLine } from "./metricTable.js";
import { inMs } from "./sourceTable.js";

/** Returns the lines of the screen of one source. */
export function sourceScreen(
  source: SourceRow,
  { metrics }: TopSnapshot,
  frame: ScreenFrame,
  hint: string,
): string[] {
  const { columns, rows, paint } = frame;
  const { name, sourceId, perSecond, perSecondOf, total, history, containers, requests } = source;
  const id = name === sourceId ? "" : `  ${sourceId}`;
  const types = Object.entries(perSecondOf)
    .filter(([, perSecond]) => perSecond > 0)
    .map(([type, perSecond]) => `${type} ${rate(perSecond)}/s`);
  const own = metrics.filter((metric) => metric.sourceId === sourceId);
  // Instances take half of the rows below the figures, or all that metrics do not need.
  const room = Math.max(rows - 10, 2);
  const instances = Math.min(containers.length, Math.max(Math.floor(room / 2), room - own.length));
  const lines = [
    paint("bold", escapeControls(`${name}${id}`)),
    "",
    `ENVELOPES  ${sparkline(history, Math.min(30, Math.max(columns - 50, 8)))}  ${rate(perSecond)}/s  ${grouped(total)} in total`,
    `           ${types.join("  ")}`,
    ...requestLines(requests),
    ...(instances === 0 ? [] : ["", paint("gray", containerHead(columns))]),
    ...containers.slice(0, instances).map((container) => containerLine(container, columns)),
    ...(own.length === 0 ? [] : ["", paint("gray", metricLine(metricHeads, columns))]),
    ...own.map((metric) => metricLine(metricCells(metric, name), columns)),
  ];
  const foot = escapeControls(frame.notice ?? hint);
  return filled(
    lines.map((line) => (line.includes("\x1b") ? line : cut(line, columns))),
    rows,
    paint(frame.notice ? "yellow" : "gray", cut(foot, columns)),
  );
}

function requestLines(requests: RequestRow | undefined): string[] {
  if (requests === undefined) {
    return [];
  }
  const { perSecond, perSecondOf, p50Ms, p95Ms, p99Ms, maxMs } = requests;
  const classes = statusClasses
    .filter((name) => perSecondOf[name] > 0)
    .map((name) => `${name} ${rate(perSecondOf[name])}/s`);
  return [
    `REQUESTS   ${[`${rate(perSecond)}/s`, ...classes].join("  ")}`,
    `           p50 ${inMs(p50Ms)}  p95 ${inMs(p95Ms)}  p99 ${inMs(p99Ms)}  max ${inMs(maxMs)}`,
  ];
}

const instanceWidth = 10;

function containerHead(columns: number): string {
  return containerCells("INSTANCE", ["CPU", "MEMORY", "DISK", "LOGS/S"], columns);
}

function containerLine(container: Container, columns: number): string {
  const { instance, cpu, memory, memoryQuota, disk, diskQuota, logRate, logRateLimit } = container;
  return containerCells(
    escapeControls(instance) || "(none)",
    [
      cpu === undefined ? "" : percent(cpu),
      ofQuota(memory, memoryQuota),
      ofQuota(disk, diskQuota),
      // -1 is no limit.
      ofQuota(logRate, logRateLimit === undefined || logRateLimit < 0 ? undefined : logRateLimit),
    ],
    columns,
  );
}

function containerCells(instance: string, cells: readonly string[], columns: number): string {
  const widths = [8, 19, 19, 19];
  const texts = cells.map((cell, index) => fitRight(cell, widths[index] ?? 0));
  return cut([fitLeft(instance, instanceWidth), ...texts].join(" "), columns);
}

/** `114 MiB / 256 MiB`. */
function ofQuota(used: number | undefined, quota: number | undefined): string {
  if (used === undefined) {
    return "";
  }
  return quota === undefined ? bytes(used) : `${bytes(used)} / ${bytes(quota)}`;
}
