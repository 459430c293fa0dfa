import { escapeControls } from "../../text/escapeControls.js";
import { grouped, rate } from "../../text/formatNumbers.js";
import type { TopSnapshot } from "../counts/tally.js";
import { metricCells } from "./metricTable.js";
import { type SortKey, sorted } from "./sortKey.js";

const plainRows = 10;

/** Returns plain lines: the first sources and metrics, one per line. */
export function plainLines(snapshot: TopSnapshot, time: string, sort: SortKey): string {
  const { perSecond, total, sources, metrics } = snapshot;
  const names = new Map(sources.map(({ sourceId, name }) => [sourceId, name]));
  const lines = [
    `${time}  all  ${rate(perSecond)}/s  ${grouped(total)} in total`,
    ...sorted(sources, sort)
      .slice(0, plainRows)
      .map((row) => {
        const types = Object.entries(row.perSecondOf)
          .filter(([, perSecond]) => perSecond > 0)
          .map(([type, perSecond]) => `${type} ${rate(perSecond)}/s`);
        return [`${time}  source`, escapeControls(row.name), `${rate(row.perSecond)}/s`, ...types]
          .join("  ")
          .trimEnd();
      }),
    ...metrics.slice(0, plainRows).map((row) => {
      const { name, type, source, perSecond, value } = metricCells(row, names.get(row.sourceId));
      return [`${time}  ${type}`, source, name, `${perSecond}/s`, value].join("  ").trimEnd();
    }),
  ];
  return `${lines.join("\n")}\n`;
}
