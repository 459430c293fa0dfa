import { checkBatch } from "../envelope/arguments.js";
import type { EnvelopeBatch } from "../gen/loggregator/v2/envelope.js";
import {
  emitsUnpopulated,
  envelopeJson,
  type FormatOptions,
  wellFormed,
} from "./formatEnvelope.js";

/**
 * Returns a batch as JSON in the form of the RLP gateway, see `formatEnvelope`.
 *
 * @throws TypeError, RangeError for an invalid or unknown option, and for fields of the wrong type or
 * out of range.
 */
export function formatEnvelopeBatch(batch: EnvelopeBatch, options: FormatOptions = {}): string {
  checkBatch(batch);
  const all = emitsUnpopulated(options);
  const envelopes = batch.batch.map((envelope, index) =>
    envelopeJson(envelope, `batch[${index}]`, all),
  );
  if (envelopes.length === 0 && !all) {
    return "{}";
  }
  return wellFormed(`{"batch":[${envelopes.join(",")}]}`);
}
