import type { Envelope } from "@loggregator/api";
import { displayName, sourceOf } from "../../src/text/displayName.js";
import { lineOf } from "../../src/text/envelopeText.js";
import { escapeControls } from "../../src/text/escapeControls.js";

/** The types of envelopes, in the order of the page. */
export const types = ["log", "counter", "gauge", "timer", "event"] as const;

export type EnvelopeType = (typeof types)[number];

/** Selects the envelopes that the list shows. */
export interface Filter {
  readonly types: ReadonlySet<string>;
  /** Part of the source and instance as the list shows them, case-insensitive. */
  readonly source: string;
  /** Part of the name or of the text, likewise. */
  readonly text: string;
}

/** The predicate of a filter. Cheap checks come first. */
export function predicateOf(filter: Filter): (envelope: Envelope) => boolean {
  const source = filter.source.trim().toLowerCase();
  const text = filter.text.trim().toLowerCase();
  return (envelope) => {
    if (!filter.types.has(envelope.message?.$case ?? "")) {
      return false;
    }
    if (
      source !== "" &&
      !contains(sourceOf(envelope), source) &&
      !contains(displayName(envelope), source)
    ) {
      return false;
    }
    if (text === "") {
      return true;
    }
    const line = lineOf(envelope);
    return contains(line.text, text) || contains(line.name, text);
  };
}

/** Whether text contains a part, as it is or with escaped control characters, as the page shows it. */
function contains(text: string, part: string): boolean {
  if (text.toLowerCase().includes(part)) {
    return true;
  }
  return part.includes("\\") && escapeControls(text).toLowerCase().includes(part);
}
