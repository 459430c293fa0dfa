import { type Envelope, formatEnvelopeBatch } from "@loggregator/api";
import { escapeControlsInJson } from "../text/escapeControls.js";

const start = '{"batch":['.length;
const end = "]}".length;

/**
 * The envelope as one line of JSON, as the gateway writes it (protojson with unpopulated fields),
 * without the batch around it.
 */
export function envelopeJson(envelope: Envelope): string {
  const batch = formatEnvelopeBatch({ batch: [envelope] }, { emitUnpopulated: true });
  return escapeControlsInJson(batch.slice(start, -end));
}
