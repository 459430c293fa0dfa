import { expect } from "vitest";
import { decodeEnvelopeBatch } from "../src/binary/decodeEnvelopeBatch.js";
import type { Envelope } from "../src/index.js";

// Protobuf that is written by hand: field number << 3 | wire type, then the value.

/** Bytes, with texts as UTF-8. */
export const bytes = (...parts: (number | string | readonly number[])[]): number[] =>
  parts.flatMap((part) => (typeof part === "string" ? [...Buffer.from(part)] : part));

/** A field with its length before it. */
export const field = (tag: number, ...parts: Parameters<typeof bytes>): number[] => {
  const value = bytes(...parts);
  return [tag, ...varint(value.length), ...value];
};

/** Up to 2^32 - 1. */
export const varint = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];

/** A batch of one envelope. */
export const batchOf = (...envelope: Parameters<typeof bytes>) =>
  Uint8Array.from(field(0x0a, ...envelope));

/** Decodes an envelope within a batch. */
export const decodeOne = (...envelope: Parameters<typeof bytes>): Envelope => {
  const { batch } = decodeEnvelopeBatch(batchOf(...envelope));
  expect(batch).toHaveLength(1);
  return batch[0] as Envelope;
};
