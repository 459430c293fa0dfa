// A cache for runs of encoded tags, which are mostly the same for the envelopes of one source. Each
// run is decoded once, and then copied. It is a hash table like that of `decodeText.ts`, with at
// most 256 runs of up to 1024 bytes.

import { sameBytes } from "../wire/sameBytes.js";

/** The number of slots: one for each value of a byte. */
const places = 256;
/** The maximum length of a cached run in bytes. */
const maxLength = 1024;

const known: (Readonly<Record<string, string>> | undefined)[] = new Array(places).fill(undefined);
const lengths = new Uint16Array(places);
const copies = new Uint8Array(places * maxLength);
const copiesView = new DataView(copies.buffer);
let lastPlace = 0;

const tagsEntry = 0x4a;

/** Returns the end of the tags that begin at `start`, or `start` if they cannot be cached. */
export function endOfTags(bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end && bytes[position] === tagsEntry) {
    const length = bytes[position + 1] as number;
    // Lengths of two bytes are rare, and not cached.
    if (!(length < 0x80)) {
      return start;
    }
    position += 2 + length;
  }
  return position <= end && position - start <= maxLength ? position : start;
}

/**
 * Returns the end of the tags that begin at `start` if they are those found last: most envelopes of
 * a batch have the same tags as the previous one. Otherwise returns `start`.
 */
export function endOfLastTags(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
): number {
  const length = lengths[lastPlace] as number;
  const position = start + length;
  return position <= end &&
    (position === end || bytes[position] !== tagsEntry) &&
    sameBytes(view, start, copiesView, lastPlace * maxLength, length)
    ? position
    : start;
}

/** Returns a copy of the tags that `endOfLastTags` found. */
export function lastTags(): Record<string, string> {
  return { ...known[lastPlace] };
}

/** Returns a copy of the tags in these bytes, if they are cached. */
export function findTags(
  view: DataView,
  start: number,
  end: number,
): Record<string, string> | undefined {
  const length = end - start;
  const place = placeOf(view, start, length);
  if (lengths[place] !== length) {
    return undefined;
  }
  lastPlace = place;
  return sameBytes(view, start, copiesView, place * maxLength, length) ? lastTags() : undefined;
}

/** Caches the tags that were decoded from these bytes. */
export function keepTags(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  tags: Readonly<Record<string, string>>,
): void {
  const length = end - start;
  const place = placeOf(view, start, length);
  copies.set(bytes.subarray(start, end), place * maxLength);
  lengths[place] = length;
  known[place] = { ...tags };
}

/** Hashes the length and a sample of the bytes. A run has at least two bytes. */
function placeOf(view: DataView, start: number, length: number): number {
  let hash = length;
  const last = start + length - 4;
  const step = (length >> 3) + 1;
  for (let i = start; i < last; i += step) {
    hash = Math.imul(hash, 31) + view.getInt32(i);
  }
  if (length >= 4) {
    hash = Math.imul(hash, 31) + view.getInt32(last);
  }
  hash = Math.imul(hash, 0x9e3779b1);
  return hash >>> 24;
}
