import type { Envelope } from "@loggregator/api";
import { expression } from "../read/textFilter.js";
import { envelopeJson } from "./envelopeJson.js";
import { type ColorMode, paintFor } from "./paint.js";
import { EnvelopeRenderer, type TimeMode } from "./renderEnvelope.js";

/** The format of printed envelopes. */
export interface LineOptions {
  readonly tags?: boolean | undefined;
  readonly grep?: string | undefined;
  readonly highlight?: string | undefined;
  readonly ignoreCase?: boolean | undefined;
  readonly time: TimeMode;
  readonly color: ColorMode;
  readonly json?: boolean | undefined;
}

/** A function that returns the line for an envelope, without its end. */
export function envelopeLine(options: LineOptions): (envelope: Envelope) => string {
  if (options.json) {
    return envelopeJson;
  }
  const { tags, time, color, grep, highlight, ignoreCase } = options;
  const renderer = new EnvelopeRenderer({
    paint: paintFor(process.stdout, color),
    tags,
    time,
    highlight: expression(highlight ?? grep, ignoreCase),
  });
  return (envelope) => renderer.render(envelope);
}
