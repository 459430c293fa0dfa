/**
 * The memory of a shared diode, and why it is safe.
 *
 *     0      header   magic, capacity; then, each on a cache line of its own, so that threads that
 *                     change one do not slow down threads that read another:
 *                     SIGNAL  is a reader waiting?             (int32, see wakeSignal.ts)
 *                     LOST    messages there was no room for   (int32, counted by writers)
 *                     TAIL    position of the next message     (int64)
 *                     HEAD    position of the oldest message   (int64)
 *                     FREE    top of the stack of free blocks  (int64: block and version)
 *                     SEEN    what the reader has accounted for: a position, and a count of LOST
 *     slots    int64[]  the ring: one slot a message (see messageRing.ts)
 *     links    int32[]  per block: the next block of its message, or of the stack (see blockPool.ts)
 *     lengths  int32[]  per block: if it is a message's first, the message's length in bytes
 *     data     bytes    the blocks, BLOCK_BYTES each
 *
 * A block has one owner at a time: the stack, the ring, or a thread that is writing into it or
 * reading from it. Ownership passes by a compare-and-swap on FREE or on a slot, and nobody touches
 * bytes that are not his. So a message cannot be torn: there is no moment at which a writer could
 * overwrite what is being read, and no check afterwards whether it did. To overwrite the oldest
 * message is to take it out of the ring, as the reader would, and to use its blocks.
 *
 * Memory order: Atomics are sequentially consistent, so everything a thread wrote into its blocks
 * before it gave them away is seen by the thread that receives them. That is why links, lengths and
 * data need no atomics of their own.
 *
 * No version or position can be mistaken for an older one with the same value: they have 40 bits,
 * and a thread would have to stand still between two instructions for exactly 2^40 messages.
 *
 * No thread ever waits for another: whoever finds a step half done finishes it. A thread that is
 * terminated in the middle takes along the blocks it owned: those of the message it was writing or
 * reading, and of one it was overwriting. A message it was still writing was never set. All else goes
 * on, and the counts stay exact, because a message's position is its number: the reader counts gaps.
 */
export interface SharedLayout {
  readonly buffer: SharedArrayBuffer;
  /** The most bytes of messages it holds. */
  readonly capacity: number;
  /** How many blocks there are. */
  readonly blocks: number;
  readonly int32: Int32Array;
  readonly int64: BigInt64Array;
  readonly slots: BigInt64Array;
  readonly links: Int32Array;
  readonly lengths: Int32Array;
  readonly data: Uint8Array;
}

export const BLOCK_BYTES = 128;

/** The largest capacity: a block's number must fit into 24 bits. */
const MAX_CAPACITY = 2 ** 29;

/** Blocks beyond the capacity, for messages that are just being written or read. */
const SPARE_BLOCKS = 8;

const MAGIC = 0x4c474431;
const LINE_BYTES = 64;
const HEADER_BYTES = 8 * LINE_BYTES;

/** Indices into `int32`. */
const MAGIC_AT = 0;
const CAPACITY_AT = 1;
export const SIGNAL_AT = LINE_BYTES / 4;
export const LOST_AT = (2 * LINE_BYTES) / 4;

/** Indices into `int64`. */
export const TAIL_AT = (3 * LINE_BYTES) / 8;
export const HEAD_AT = (4 * LINE_BYTES) / 8;
export const FREE_AT = (5 * LINE_BYTES) / 8;
export const SEEN_POSITION_AT = (6 * LINE_BYTES) / 8;

/** Again into `int32`, beside SEEN_POSITION. */
export const SEEN_LOST_AT = 2 * (SEEN_POSITION_AT + 1);

/** Makes the memory of an empty diode. */
export function createLayout(capacity: number): SharedLayout {
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_CAPACITY) {
    throw new RangeError(
      `size must be a number of bytes from 1 to ${MAX_CAPACITY}, not ${String(capacity)}`,
    );
  }
  const layout = view(new SharedArrayBuffer(sizes(capacity).total), capacity);
  for (let at = 0; at < layout.slots.length; at++) {
    layout.slots[at] = BigInt(at);
  }
  for (let block = 0; block < layout.blocks - 1; block++) {
    layout.links[block] = block + 2;
  }
  layout.int64[FREE_AT] = pack(0n, 0);
  layout.int32[CAPACITY_AT] = capacity;
  Atomics.store(layout.int32, MAGIC_AT, MAGIC);
  return layout;
}

/** The layout of memory that another thread's diode made. */
export function openLayout(buffer: SharedArrayBuffer): SharedLayout {
  if (Object.prototype.toString.call(buffer) !== "[object SharedArrayBuffer]") {
    throw new TypeError("expected a size in bytes or a shared diode's buffer (SharedArrayBuffer)");
  }
  const header = new Int32Array(buffer, 0, Math.min(2, buffer.byteLength >> 2));
  const capacity = header[CAPACITY_AT] ?? 0;
  if (
    header[MAGIC_AT] !== MAGIC ||
    capacity < 1 ||
    capacity > MAX_CAPACITY ||
    buffer.byteLength !== sizes(capacity).total
  ) {
    throw new TypeError(
      "buffer must be the `buffer` of a SharedOneToOne or SharedManyToOne of this version",
    );
  }
  return view(buffer, capacity);
}

/** How many blocks a message of this length takes; an empty one takes one. */
export function blocksFor(length: number): number {
  return length <= BLOCK_BYTES ? 1 : Math.ceil(length / BLOCK_BYTES);
}

/**
 * Slots and FREE hold two numbers in one word, so that one compare-and-swap changes both: below, 40
 * bits of a position or version; above, a block's number plus 1, or 0 for none.
 */
export function pack(low: bigint, block: number): bigint {
  return (BigInt(block + 1) << 40n) | low;
}

/** The lower part of a word. Also what keeps positions within their 40 bits. */
export function lowOf(word: bigint): bigint {
  return BigInt.asUintN(40, word);
}

/** The block in a word, -1 for none. */
export function blockOf(word: bigint): number {
  return Number(word >> 40n) - 1;
}

function sizes(capacity: number) {
  const blocks = blocksFor(capacity) + SPARE_BLOCKS;
  // At least as many slots as blocks: the ring can't be full while a writer has a block to add.
  const slots = 2 ** Math.ceil(Math.log2(blocks));
  const dataAt = HEADER_BYTES + 8 * slots + Math.ceil((8 * blocks) / LINE_BYTES) * LINE_BYTES;
  return { blocks, slots, dataAt, total: dataAt + blocks * BLOCK_BYTES };
}

function view(buffer: SharedArrayBuffer, capacity: number): SharedLayout {
  const { blocks, slots, dataAt } = sizes(capacity);
  const linksAt = HEADER_BYTES + 8 * slots;
  return {
    buffer,
    capacity,
    blocks,
    int32: new Int32Array(buffer, 0, HEADER_BYTES / 4),
    int64: new BigInt64Array(buffer, 0, HEADER_BYTES / 8),
    slots: new BigInt64Array(buffer, HEADER_BYTES, slots),
    links: new Int32Array(buffer, linksAt, blocks),
    lengths: new Int32Array(buffer, linksAt + 4 * blocks, blocks),
    data: new Uint8Array(buffer, dataAt, blocks * BLOCK_BYTES),
  };
}
