import type { Envelope } from "@loggregator/api";
import {
  type Condition,
  type EnvelopeType,
  envelopeTypes,
  type Filter,
} from "../../src/filter/filter.js";
import { filterPredicate } from "../../src/filter/filterPredicate.js";
import { literal } from "../../src/filter/patterns.js";
import { escapeControls } from "../../src/text/escapeControls.js";
import type { PageState } from "../location/pageState.js";
import { inTrace } from "../trace/trace.js";

/** The parts of the page's state that select envelopes for the list, except the query. */
export type ListFilter = Pick<PageState, "hidden" | "from" | "to" | "trace">;

/** The predicate of a parsed query and of the other filters of the list. */
export function predicateOf(query: Filter, filter: ListFilter): (envelope: Envelope) => boolean {
  const { hidden, from, to, trace } = filter;
  const types = envelopeTypes.filter((type) => !hidden.has(type));
  const times: Condition[] = [];
  if (from !== undefined) {
    times.push({ kind: "since", time: nanoseconds(from) });
  }
  if (to !== undefined) {
    times.push({ kind: "until", time: nanoseconds(to) });
  }
  const passes = filterPredicate([...query, ...times]);
  const isShown = new Set<EnvelopeType | undefined>(types);
  const isInTrace = trace === undefined ? undefined : inTrace(trace);
  return (envelope) =>
    isShown.has(envelope.message?.$case) &&
    passes(envelope) &&
    (isInTrace === undefined || isInTrace(envelope));
}

/** A term of a query for exactly this value: `app:checkout`, `tag:uri="/a b"`. */
export function term(key: string, value: string): string {
  const safe = escapeControls(value);
  if (safe !== value) {
    // As a regular expression, control characters can be written.
    return `${key}/${key.endsWith("=") ? `^${escapeControls(literal(value))}$` : escapeControls(literal(value))}/`;
  }
  return /^[\w.@%+-]+$/.test(value)
    ? `${key}${value}`
    : `${key}"${value.replace(/["\\]/g, "\\$&")}"`;
}

function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds)) * 1_000_000n;
}
