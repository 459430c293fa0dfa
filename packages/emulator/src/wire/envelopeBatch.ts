/**
 * The bytes of each envelope of a batch, as views.
 *
 * @param batch A well-formed `EnvelopeBatch`.
 */
export function splitBatch(batch: Uint8Array): Uint8Array[] {
  const envelopes: Uint8Array[] = [];
  let at = 0;
  /** Reads a varint. Its upper bits do not matter: they are neither tags nor lengths. */
  const varint = () => {
    let value = 0;
    for (let shift = 0; at < batch.length; shift += 7) {
      const byte = batch[at++] as number;
      if (shift < 32) {
        value |= (byte & 0x7f) << shift;
      }
      if (byte < 0x80) {
        break;
      }
    }
    return value >>> 0;
  };
  while (at < batch.length) {
    const tag = varint();
    const type = tag & 7;
    if (type === 0) {
      varint();
    } else if (type === 1) {
      at += 8;
    } else if (type === 5) {
      at += 4;
    } else if (type !== 2) {
      break;
    } else {
      const length = varint();
      if (tag >>> 3 === 1) {
        envelopes.push(batch.subarray(at, at + length));
      }
      at += length;
    }
  }
  return envelopes;
}

/** The size of a batch of envelopes that are encoded already, in bytes. */
export function batchBytes(envelopes: readonly Uint8Array[]): number {
  let size = 0;
  for (const { length } of envelopes) {
    size += 1 + varintSize(length) + length;
  }
  return size;
}

/** Encodes a batch of envelopes that are encoded already. */
export function joinBatch(envelopes: readonly Uint8Array[]): Buffer {
  const batch = Buffer.allocUnsafe(batchBytes(envelopes));
  let at = 0;
  for (const envelope of envelopes) {
    batch[at++] = 0x0a;
    for (let rest = envelope.length; ; rest >>>= 7) {
      if (rest < 0x80) {
        batch[at++] = rest;
        break;
      }
      batch[at++] = (rest & 0x7f) | 0x80;
    }
    batch.set(envelope, at);
    at += envelope.length;
  }
  return batch;
}

/** The size of an unsigned integer of 32 bits as a varint, in bytes. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) {
    size += 1;
  }
  return size;
}
