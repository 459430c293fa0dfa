/** Envelopes as the bytes of an `EnvelopeBatch`. */
export interface Batch {
  bytes: Uint8Array;
  /** The number of envelopes in `bytes`. */
  count: number;
  /** The next batch in its list. */
  next: Batch | undefined;
}

/** Removes the first of several envelopes in a batch. Returns its length in bytes. */
export function dropFirstEnvelope(batch: Batch): number {
  const length = envelopeEnd(batch.bytes, 0);
  batch.bytes = batch.bytes.subarray(length);
  batch.count--;
  return length;
}

/** Cuts a batch after `count` envelopes and returns the rest as a batch with separate memory. */
export function cutBatch(batch: Batch, count: number): Batch {
  let end = 0;
  for (let i = 0; i < count; i++) {
    end = envelopeEnd(batch.bytes, end);
  }
  const rest = { bytes: batch.bytes.slice(end), count: batch.count - count, next: undefined };
  batch.bytes = batch.bytes.subarray(0, end);
  batch.count = count;
  return rest;
}

/** Returns the end of the envelope that begins at `start`. Its field tag is one byte long. */
function envelopeEnd(bytes: Uint8Array, start: number): number {
  let length = 0;
  let position = start + 1;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[position++] as number;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      return position + length;
    }
  }
}
