import { type Envelope, formatEnvelope } from "@loggregator/api";
import { escapeControlsInJson } from "../../text/escapeControls.js";

/** The envelope as one line of JSON, as the gateway writes it (protojson with unpopulated fields). */
export function envelopeJson(envelope: Envelope): string {
  return escapeControlsInJson(formatEnvelope(envelope, { emitUnpopulated: true }));
}
