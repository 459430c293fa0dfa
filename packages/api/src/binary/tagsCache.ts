// The tags of one source's envelopes are mostly the same bytes. They are decoded once; further
// envelopes get a copy. A hash table like that of `textCache.ts`, with at most 256 runs of 1024 bytes.

const places = 256;
/** Longer runs of tags are decoded each time. */
const maxLength = 1024;

const known: (Readonly<Record<string, string>> | undefined)[] = new Array(places).fill(undefined);
const lengths = new Uint16Array(places);
const copies = new Uint8Array(places * maxLength);
const copiesByFour = new DataView(copies.buffer);

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

/** A copy of the tags in these bytes, if they are cached. `byFour` are the same bytes. */
export function recallTags(
  bytes: Uint8Array,
  byFour: DataView,
  start: number,
  end: number,
): Record<string, string> | undefined {
  const length = end - start;
  const place = placeOf(bytes, start, length);
  if (lengths[place] !== length) {
    return undefined;
  }
  const copy = place * maxLength;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    if (byFour.getInt32(start + i) !== copiesByFour.getInt32(copy + i)) {
      return undefined;
    }
  }
  for (; i < length; i++) {
    if (bytes[start + i] !== copies[copy + i]) {
      return undefined;
    }
  }
  return { ...known[place] };
}

/** Caches the tags that were decoded from these bytes. */
export function rememberTags(
  bytes: Uint8Array,
  start: number,
  end: number,
  tags: Readonly<Record<string, string>>,
): void {
  const length = end - start;
  const place = placeOf(bytes, start, length);
  const copy = place * maxLength;
  for (let i = 0; i < length; i++) {
    copies[copy + i] = bytes[start + i] as number;
  }
  lengths[place] = length;
  known[place] = { ...tags };
}

/** A hash of the length and of some bytes here and there. */
function placeOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = length;
  const step = (length >> 4) + 1;
  for (let i = start + length - 1; i >= start; i -= step) {
    hash = Math.imul(hash, 31) + (bytes[i] as number);
  }
  return (hash ^ (hash >>> 9)) & (places - 1);
}
