import { type Envelope, encodeEnvelopeBatch } from "@loggregator/api";
import { isEmpty } from "@loggregator/core";
import { splitBatch } from "./envelopeBatch.js";

/** An envelope as it is buffered for readers: encoded, and shared by all of them. */
export interface EncodedEnvelope {
  readonly bytes: Uint8Array;
  /** Whether it has any deprecated tags. */
  readonly hasDeprecatedTags: boolean;
  /** Whether it has any tags. */
  readonly hasTags: boolean;
}

/**
 * Encodes an envelope.
 *
 * @param bytes Its encoded form, if available.
 */
export function encodeEnvelope(
  envelope: Envelope,
  bytes: Uint8Array = bytesOf(envelope),
): EncodedEnvelope {
  return {
    bytes,
    hasTags: !isEmpty(envelope.tags),
    hasDeprecatedTags: !isEmpty(envelope.deprecatedTags),
  };
}

/**
 * Returns the encoded envelope. Encoding a batch of one is faster than `Envelope.encode`, which
 * copies.
 */
export function bytesOf(envelope: Envelope): Uint8Array {
  const [bytes] = splitBatch(encodeEnvelopeBatch({ batch: [envelope] }));
  return bytes as Uint8Array;
}

/** The approximate memory overhead of an envelope in bytes. */
const overheadBytes = 160;

/** The memory that a buffered envelope occupies, in bytes. */
export function memoryOf({ bytes }: EncodedEnvelope): number {
  return bytes.length + overheadBytes;
}
