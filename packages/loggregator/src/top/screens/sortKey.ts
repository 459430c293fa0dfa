import { sumOf } from "../counts/containers.js";
import type { SourceRow } from "../counts/sourceEntry.js";

/** The orders of sources. All but `name` begin with the greatest value. */
export const sortKeys = [
  "rate",
  "logs",
  "cpu",
  "memory",
  "requests",
  "errors",
  "latency",
  "total",
  "name",
] as const;

export type SortKey = (typeof sortKeys)[number];

/** Returns the sources in this order. Those without a value are last, the busiest first. */
export function sorted(sources: readonly SourceRow[], key: SortKey): SourceRow[] {
  if (key === "name") {
    return sources.toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  }
  return sources.toSorted((a, b) => (values[key](b) ?? -1) - (values[key](a) ?? -1));
}

const values: Readonly<Record<Exclude<SortKey, "name">, (row: SourceRow) => number | undefined>> = {
  rate: ({ perSecond }) => perSecond,
  logs: ({ perSecondOf }) => perSecondOf.log,
  cpu: ({ containers }) => sumOf(containers, "cpu"),
  memory: ({ containers }) => sumOf(containers, "memory"),
  requests: ({ requests }) => requests?.perSecond,
  errors: ({ requests }) => requests?.perSecondOf["5xx"],
  latency: ({ requests }) => requests?.p95Ms,
  total: ({ total }) => total,
};
