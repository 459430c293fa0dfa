import { formatValue, OptionRangeError, OptionTypeError } from "@loggregator/core";

/**
 * The memory of a shared diode, and why it is safe.
 *
 *     0      header   magic, capacity; then, each on its own cache line, so that threads that change
 *                     one do not slow down threads that read another:
 *                     SIGNAL  is a reader waiting?             (int32, see wakeSignal.ts)
 *                     LOST    messages that writers dropped    (int32, counted by writers)
 *                     TAIL    position of the next message     (int64)
 *                     HEAD    position of the oldest message   (int64)
 *                     FREE    top of the stack of free blocks  (int64: block and version)
 *                     SEEN    what the reader has counted so far: a position, and a count of LOST
 *     slots    int64[]  the ring: one slot per message (see messageRing.ts)
 *     links    int32[]  per block: the next block of its message, or of the stack (see blockPool.ts)
 *     lengths  int32[]  per first block of a message: its length in bytes
 *     data     bytes    the blocks, blockBytes each
 *
 * A block has one owner at a time: the stack, the ring, or a thread that is writing or reading it.
 * Ownership passes by a compare-and-swap on FREE or on a slot, and only the owner accesses the bytes.
 * So a message cannot be torn: there is no moment at which a writer could overwrite what is being
 * read, and no check afterwards whether it did. To overwrite the oldest message, a writer takes it
 * out of the ring, as the reader would, and uses its blocks.
 *
 * Memory order: Atomics are sequentially consistent, so everything that a thread wrote into its
 * blocks before it passed them on is visible to the thread that receives them. That is why links,
 * lengths and data need no atomics of their own.
 *
 * No version or position can be mistaken for an older one with the same value: they have 40 bits,
 * and a thread would have to pause between two instructions for exactly 2^40 messages.
 *
 * No thread ever waits for another: each finishes a step that it finds half done. A thread that is
 * terminated in the middle leaks the blocks it owned: those of the message it was writing or
 * reading, and of one it was overwriting. A message it was still writing was never set. Everything
 * else continues, and the counts stay exact, because a message's position is its number: the reader
 * counts gaps.
 */
export interface SharedLayout {
  readonly buffer: SharedArrayBuffer;
  /** The capacity for messages in bytes. */
  readonly capacity: number;
  /** The number of blocks. */
  readonly blocks: number;
  readonly int32: Int32Array;
  readonly int64: BigInt64Array;
  readonly slots: BigInt64Array;
  readonly links: Int32Array;
  readonly lengths: Int32Array;
  readonly data: Uint8Array;
}

export const blockBytes = 128;

/** The largest capacity: the number of a block must fit into 24 bits. */
const maxCapacity = 2 ** 29;

/** Blocks beyond the capacity, for messages that are being written or read. */
const extraBlocks = 8;

const magic = 0x4c474431;
const lineBytes = 64;
const headerBytes = 8 * lineBytes;

/** Indices into `int32`. */
const magicAt = 0;
const capacityAt = 1;
export const signalAt = lineBytes / 4;
export const lostAt = (2 * lineBytes) / 4;

/** Indices into `int64`. */
export const tailAt = (3 * lineBytes) / 8;
export const headAt = (4 * lineBytes) / 8;
export const freeAt = (5 * lineBytes) / 8;
export const seenPositionAt = (6 * lineBytes) / 8;

/** An index into `int32`, next to SEEN_POSITION. */
export const seenLostAt = 2 * (seenPositionAt + 1);

/** Creates the memory of an empty diode. */
export function createLayout(capacity: number): SharedLayout {
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > maxCapacity) {
    const expected = `an integer number of bytes from 1 to ${maxCapacity}`;
    throw new OptionRangeError("size", expected, formatValue(capacity));
  }
  const layout = view(new SharedArrayBuffer(sizes(capacity).total), capacity);
  for (let at = 0; at < layout.slots.length; at++) {
    layout.slots[at] = BigInt(at);
  }
  for (let block = 0; block < layout.blocks - 1; block++) {
    layout.links[block] = block + 2;
  }
  layout.int64[freeAt] = pack(0n, 0);
  layout.int32[capacityAt] = capacity;
  Atomics.store(layout.int32, magicAt, magic);
  return layout;
}

/** Returns the layout of memory that another diode created. */
export function openLayout(buffer: SharedArrayBuffer): SharedLayout {
  if (Object.prototype.toString.call(buffer) !== "[object SharedArrayBuffer]") {
    const expected = "a size in bytes or the buffer of a shared diode (a SharedArrayBuffer)";
    throw new OptionTypeError("sizeOrBuffer", expected, formatValue(buffer));
  }
  const header = new Int32Array(buffer, 0, Math.min(2, buffer.byteLength >> 2));
  const capacity = header[capacityAt] ?? 0;
  if (
    header[magicAt] !== magic ||
    capacity < 1 ||
    capacity > maxCapacity ||
    buffer.byteLength !== sizes(capacity).total
  ) {
    const expected = "the buffer of a SharedOneToOne or SharedManyToOne of this version";
    throw new OptionTypeError("sizeOrBuffer", expected, "another SharedArrayBuffer");
  }
  return view(buffer, capacity);
}

/** Returns how many blocks a message of this length occupies; an empty one occupies one. */
export function blocksFor(length: number): number {
  return length <= blockBytes ? 1 : Math.ceil(length / blockBytes);
}

/**
 * Slots and FREE hold two numbers in one word, so that one compare-and-swap changes both: below, 40
 * bits of a position or version; above, a block's number plus 1, or 0 for none.
 */
export function pack(low: bigint, block: number): bigint {
  return (BigInt(block + 1) << 40n) | low;
}

/** Returns the lower part of a word. Also keeps positions within their 40 bits. */
export function lowOf(word: bigint): bigint {
  return BigInt.asUintN(40, word);
}

/** Returns the block in a word; -1 for none. */
export function blockOf(word: bigint): number {
  return Number(word >> 40n) - 1;
}

function sizes(capacity: number) {
  const blocks = blocksFor(capacity) + extraBlocks;
  // At least as many slots as blocks: the ring cannot be full while a writer has a block to add.
  const slots = 2 ** Math.ceil(Math.log2(blocks));
  const dataAt = headerBytes + 8 * slots + Math.ceil((8 * blocks) / lineBytes) * lineBytes;
  return { blocks, slots, dataAt, total: dataAt + blocks * blockBytes };
}

function view(buffer: SharedArrayBuffer, capacity: number): SharedLayout {
  const { blocks, slots, dataAt } = sizes(capacity);
  const linksAt = headerBytes + 8 * slots;
  return {
    buffer,
    capacity,
    blocks,
    int32: new Int32Array(buffer, 0, headerBytes / 4),
    int64: new BigInt64Array(buffer, 0, headerBytes / 8),
    slots: new BigInt64Array(buffer, headerBytes, slots),
    links: new Int32Array(buffer, linksAt, blocks),
    lengths: new Int32Array(buffer, linksAt + 4 * blocks, blocks),
    data: new Uint8Array(buffer, dataAt, blocks * blockBytes),
  };
}
