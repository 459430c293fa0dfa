// A cache for repeated text: source ids, and the names and values of tags. Each text is decoded
// once and then shared. The cache is a hash table with one slot per hash: a new text replaces the
// one in its slot. It keeps at most 2048 texts of up to 64 bytes.

import { sameBytes } from "../wire/sameBytes.js";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

const places = 2048;
/** The maximum length of a cached text in bytes: longer ones rarely repeat. */
const maxLength = 64;

const texts: string[] = new Array<string>(places).fill("");
const lengths = new Uint8Array(places);
/** The bytes of the text in each slot. */
const copies = new Uint8Array(places * maxLength);
const copiesView = new DataView(copies.buffer);

/**
 * Decodes the text from `start` to `end`; `view` is a view of the same bytes. Invalid UTF-8 becomes
 * U+FFFD.
 */
export function decodeText(bytes: Uint8Array, view: DataView, start: number, end: number): string {
  const length = end - start;
  if (length === 0) {
    return "";
  }
  if (length > maxLength) {
    return utf8.decode(bytes.subarray(start, end));
  }
  const place = placeOf(bytes, start, length);
  const copy = place * maxLength;
  if (lengths[place] === length && sameBytes(view, start, copiesView, copy, length)) {
    return texts[place] as string;
  }
  const text = utf8.decode(bytes.subarray(start, end));
  for (let i = 0; i < length; i++) {
    copies[copy + i] = bytes[start + i] as number;
  }
  lengths[place] = length;
  texts[place] = text;
  return text;
}

/** Hashes the length and a sample of the bytes. */
function placeOf(bytes: Uint8Array, start: number, length: number): number {
  const middle = start + (length >> 1);
  const last = start + length - 1;
  let hash = length;
  hash = Math.imul(hash, 31) + (bytes[start] as number);
  hash = Math.imul(hash, 31) + (bytes[start + (length >> 2)] as number);
  hash = Math.imul(hash, 31) + (bytes[middle] as number);
  hash = Math.imul(hash, 31) + (bytes[last - (length >> 2)] as number);
  hash = Math.imul(hash, 31) + (bytes[last] as number);
  return (hash ^ (hash >>> 11)) & (places - 1);
}
