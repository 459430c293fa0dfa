import { checkBatch } from "../envelope/arguments.js";
import type { Envelope, EnvelopeBatch } from "../gen/loggregator/v2/envelope.js";
import { EnvelopeBatchWriter } from "./envelopeBatchWriter.js";

// Encoding is synchronous, so all calls share one writer and its buffer. If a getter encodes
// another batch while it is in use, a new writer is created.
let freeWriter: EnvelopeBatchWriter | undefined;

/**
 * Encodes a batch in protobuf's binary form, including unknown fields.
 *
 * @throws TypeError, RangeError if `batch` is not a batch, or a field has the wrong type or is out
 * of range.
 */
export function encodeEnvelopeBatch(batch: EnvelopeBatch): Uint8Array {
  checkBatch(batch);
  return encodeWith((writer) => {
    for (const envelope of batch.batch) {
      writer.envelope(envelope);
    }
    if (batch._unknownFields !== undefined) {
      writer.unknownFields(batch._unknownFields);
    }
  });
}

/** Encodes one envelope in protobuf's binary form, in the same way as `encodeEnvelopeBatch`. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const bytes = encodeWith((writer) => writer.envelope(envelope));
  // A batch of one is the envelope, preceded by a tag and its length.
  let start = 1;
  while ((bytes[start++] as number) > 0x7f) {}
  return bytes.subarray(start);
}

function encodeWith(write: (writer: EnvelopeBatchWriter) => void): Uint8Array {
  const writer = freeWriter ?? new EnvelopeBatchWriter();
  freeWriter = undefined;
  try {
    write(writer);
    return writer.take();
  } finally {
    // Discards incomplete output if `write` has thrown.
    writer.clear();
    freeWriter = writer;
  }
}
