import type { Envelope } from "@loggregator/api";
import { lineOf, sourceOf } from "./envelopeText.js";

/** The types of envelopes, in the order in which the page names them. */
export const types = ["log", "counter", "gauge", "timer", "event"] as const;

export type EnvelopeType = (typeof types)[number];

/** Which envelopes the list shows. */
export interface Filter {
  readonly types: ReadonlySet<string>;
  /** Part of the source, in either case, as the list shows it. */
  readonly source: string;
  /** Part of the name or of the text, likewise. */
  readonly text: string;
}

/** Tells which envelopes pass; what costs little is asked first. */
export function predicateOf(filter: Filter): (envelope: Envelope) => boolean {
  const source = filter.source.trim().toLowerCase();
  const text = filter.text.trim().toLowerCase();
  return (envelope) => {
    if (!filter.types.has(envelope.message?.$case ?? "")) return false;
    if (source !== "" && !sourceOf(envelope).toLowerCase().includes(source)) return false;
    if (text === "") return true;
    const line = lineOf(envelope);
    return line.text.toLowerCase().includes(text) || line.name.toLowerCase().includes(text);
  };
}
