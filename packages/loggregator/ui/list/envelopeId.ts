import type { Envelope } from "@loggregator/api";
import { lineOf } from "../../src/text/envelopeText.js";

/** The maximum part of a log that is hashed, in bytes. */
const maxBytes = 1_000;

/**
 * A short id of an envelope for addresses, which is the same after a reload: its timestamp, and a
 * hash of its source and text.
 */
export function envelopeId(envelope: Envelope): string {
  const { name, text } = lineOf(envelope, maxBytes);
  const parts = [envelope.sourceId, envelope.instanceId, envelope.message?.$case, name, text];
  return `${envelope.timestamp}-${hash(parts.join("\0"))}`;
}

/** FNV-1a, 32 bits. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return (value >>> 0).toString(36);
}
