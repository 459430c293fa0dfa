import {
  type Envelope,
  type Selector,
  selectCounter,
  selectEvent,
  selectGauge,
  selectLog,
  selectTimer,
} from "@loggregator/api";
import { UsageError } from "../errors.js";
import { type EnvelopeType, envelopeTypes, type Filter } from "../filter/filter.js";
import { entryPredicate, filterPredicate } from "../filter/filterPredicate.js";
import { exactly } from "../filter/patterns.js";
import type { Entry } from "./entries/entryJoiner.js";
import { filterOf, type TextFilter } from "./textFilter.js";

/** Selects envelopes. */
export interface Selection extends TextFilter {
  /** Default: all. */
  readonly sourceId?: readonly string[] | undefined;
  /** Default: all; with names, the types that have a name. */
  readonly type?: readonly EnvelopeType[] | undefined;
  /** The names of counters, gauges and timers. Default: all. */
  readonly name?: readonly string[] | undefined;
}

const namedTypes: readonly EnvelopeType[] = ["counter", "gauge", "timer"];

/**
 * Returns the selectors for the server. They do not overlap, because an envelope that matches two
 * arrives twice. `keeps` filters by name, except for counters, which servers can select by name.
 *
 * @throws UsageError for names of types without a name.
 */
export function selectorsOf(selection: Selection): Selector[] {
  const { sourceId = [""], name = [] } = selection;
  const types = selectedTypes(selection);
  return [...new Set(sourceId)].flatMap((sourceId) =>
    types.flatMap((type) => selectors(type, sourceId, [...new Set(name)])),
  );
}

/**
 * Returns the selected types: all, or those with a name if names are given.
 *
 * @throws UsageError for names of types without a name.
 */
export function selectedTypes({ type, name = [] }: Selection): EnvelopeType[] {
  const types = [...new Set(type ?? (name.length > 0 ? namedTypes : envelopeTypes))];
  const nameless = types.find((other) => !namedTypes.includes(other));
  if (name.length > 0 && nameless !== undefined) {
    throw new UsageError(
      `--name selects ${namedTypes.join(", ")}, and --type ${nameless} has no name; remove one of them`,
    );
  }
  return types;
}

/** Returns a predicate for selected envelopes. */
export function keeps(selection: Selection): (envelope: Envelope) => boolean {
  return filterPredicate(selectionFilter(selection));
}

/** Returns a predicate for selected entries, see `entryPredicate`. */
export function keepsEntry(selection: Selection): ([first, ...others]: Entry) => boolean {
  const passes = entryPredicate(selectionFilter(selection));
  return ([first, ...others]) => passes(first, others);
}

/** Returns the whole filter, except for the sources, which the server selects. */
function selectionFilter(selection: Selection): Filter {
  const { type, name = [] } = selection;
  const hasTypes = type !== undefined || name.length > 0;
  return [
    ...(hasTypes ? selectedTypes(selection) : []).map((type) => ({ kind: "type" as const, type })),
    ...name.map((name) => ({ kind: "name" as const, pattern: exactly(name) })),
    ...filterOf(selection),
  ];
}

function selectors(type: EnvelopeType, sourceId: string, names: readonly string[]): Selector[] {
  switch (type) {
    case "log":
      return [selectLog({ sourceId })];
    case "counter":
      return names.length === 0
        ? [selectCounter({ sourceId })]
        : names.map((name) => selectCounter({ sourceId, name }));
    case "gauge":
      return [selectGauge({ sourceId })];
    case "timer":
      return [selectTimer({ sourceId })];
    case "event":
      return [selectEvent({ sourceId })];
  }
}
