import { checkBatch } from "../envelope/arguments.js";
import type { Envelope, EnvelopeBatch } from "../gen/loggregator/v2/envelope.js";
import { EnvelopeBatchWriter } from "./envelopeBatchWriter.js";

// Encoding is synchronous: one writer, and its buffer, serve all calls.
const writer = new EnvelopeBatchWriter();

/**
 * The batch in protobuf's binary form, unknown fields included.
 *
 * @throws TypeError, RangeError for what is no batch, and for fields that hold what the wire can't.
 */
export function encodeEnvelopeBatch(batch: EnvelopeBatch): Uint8Array {
  checkBatch(batch);
  try {
    for (const envelope of batch.batch) writer.envelope(envelope);
    if (batch._unknownFields !== undefined) writer.unknownFields(batch._unknownFields);
    return writer.take();
  } finally {
    // What was written before it threw.
    writer.clear();
  }
}

/** One envelope in protobuf's binary form, as `encodeEnvelopeBatch` writes many. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  writer.envelope(envelope);
  const bytes = writer.take();
  // A batch of one is the envelope with a tag and its length before it.
  let start = 1;
  while ((bytes[start++] as number) > 0x7f);
  return bytes.subarray(start);
}
