import { DiodeCorruptedError } from "./diodeCorruptedError.js";
import type { MessageRing } from "./messageRing.js";
import {
  blockBytes,
  blockOf,
  blocksFor,
  freeAt,
  lowOf,
  pack,
  type SharedLayout,
} from "./sharedLayout.js";

/** As in messageRing.ts: this many consecutive failures only happen in corrupted memory. */
const maxAttempts = 10_000;

/** The maximum number of blocks to pop at once: a longer pop is more likely to be interrupted. */
const maxPop = 32;

/**
 * The blocks: a stack of free ones, and one chain per message. A link holds the next block's number
 * plus 1, or 0 at the end. FREE contains a version in addition to the top of the stack, so that a
 * compare-and-swap succeeds only if nothing was pushed or popped since FREE was read: only then did
 * the links that were followed from it belong to the stack.
 */
export class BlockPool {
  readonly #int64: BigInt64Array;
  readonly #links: Int32Array;
  readonly #lengths: Int32Array;
  readonly #data: Uint8Array;
  /** The last block, and the number of blocks, of the chain that `#pop`, `#measure` or `read` followed. */
  #last = -1;
  #count = 0;

  constructor({ int64, links, lengths, data }: SharedLayout) {
    this.#int64 = int64;
    this.#links = links;
    this.#lengths = lengths;
    this.#data = data;
  }

  /**
   * Returns the first block of a chain of `count`, taken from the ring's oldest messages if none is
   * free; -1 if there are not enough because other threads use the rest.
   */
  acquire(count: number, ring: MessageRing): number {
    let first = -1;
    let last = -1;
    let acquired = 0;
    while (acquired < count) {
      let piece = this.#pop(Math.min(count - acquired, maxPop));
      if (piece === -1) {
        piece = ring.take();
        if (piece === -1) {
          if (first !== -1) {
            this.#push(first, last);
          }
          return -1;
        }
        this.#measure(piece);
      }
      this.#links[this.#last] = first + 1;
      last = first === -1 ? this.#last : last;
      first = piece;
      acquired += this.#count;
    }
    return acquired === count ? first : this.#shorten(first, acquired - count);
  }

  /** Copies a message into the chain acquired for it. */
  write(first: number, bytes: Uint8Array): void {
    const { length } = bytes;
    this.#lengths[first] = length;
    if (length <= blockBytes) {
      this.#data.set(bytes, first * blockBytes);
      return;
    }
    let block = first;
    for (let from = 0; from < length; block = this.#follow(this.#last)) {
      const size = this.#run(block, length - from);
      this.#data.set(bytes.subarray(from, from + size), block * blockBytes);
      from += size;
      if (from === length) {
        return;
      }
    }
  }

  /** Returns the length of the message that starts with this block. */
  lengthOf(first: number): number {
    const length = this.#lengths[first];
    if (length === undefined || length < 0 || length > this.#data.length) {
      throw new DiodeCorruptedError(`block ${first} starts a message of ${String(length)} bytes`);
    }
    return length;
  }

  /** Copies a message out, to `target` from `at` on, and frees its blocks. */
  read(first: number, length: number, target: Uint8Array, at: number): void {
    let block = first;
    for (let from = 0; ; block = this.#follow(this.#last)) {
      const size = this.#run(block, length - from);
      const start = block * blockBytes;
      target.set(this.#data.subarray(start, start + size), at + from);
      from += size;
      if (from === length) {
        this.#push(first, this.#last);
        return;
      }
    }
  }

  /** Takes up to `max` free blocks. Returns the first, or -1. */
  #pop(max: number): number {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const free = Atomics.load(this.#int64, freeAt);
      const first = blockOf(free);
      if (first === -1) {
        return -1;
      }
      let last = first;
      let count = 1;
      let link = this.#link(last);
      while (count < max && link !== 0) {
        last = link - 1;
        link = this.#link(last);
        count++;
      }
      const rest = pack(lowOf(free + 1n), link - 1);
      if (Atomics.compareExchange(this.#int64, freeAt, free, rest) === free) {
        this.#last = last;
        this.#count = count;
        return first;
      }
    }
    throw new DiodeCorruptedError("the list of free blocks keeps changing");
  }

  /** Frees the chain from `first` to `last`. */
  #push(first: number, last: number): void {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const free = Atomics.load(this.#int64, freeAt);
      this.#links[last] = blockOf(free) + 1;
      const pushed = pack(lowOf(free + 1n), first);
      if (Atomics.compareExchange(this.#int64, freeAt, free, pushed) === free) {
        return;
      }
    }
    throw new DiodeCorruptedError("the list of free blocks keeps changing");
  }

  /** Finds the end of a message's chain. */
  #measure(first: number): void {
    this.#count = blocksFor(this.lengthOf(first));
    this.#last = first;
    for (let left = this.#count; left > 1; left--) {
      this.#last = this.#follow(this.#last);
    }
  }

  /** Frees the first `excess` blocks of a chain. Returns the first of what remains. */
  #shorten(first: number, excess: number): number {
    let last = first;
    for (let left = excess; left > 1; left--) {
      last = this.#follow(last);
    }
    const rest = this.#follow(last);
    this.#push(first, last);
    return rest;
  }

  /**
   * Returns how many of the next `left` bytes of a message are contiguous from `block` on; `#last` is
   * then the block in which they end. Blocks adjacent in chain and memory are copied at once.
   */
  #run(block: number, left: number): number {
    let last = block;
    while ((last - block + 1) * blockBytes < left && this.#links[last] === last + 2) {
      last++;
    }
    if (last >= this.#links.length) {
      throw new DiodeCorruptedError(`a message refers to block ${last}, which does not exist`);
    }
    this.#last = last;
    return Math.min((last - block + 1) * blockBytes, left);
  }

  /** Returns the next block of a chain, which must have one. */
  #follow(block: number): number {
    const link = this.#link(block);
    if (link === 0) {
      throw new DiodeCorruptedError(`a message ends early, in block ${block}`);
    }
    return link - 1;
  }

  #link(block: number): number {
    const link = this.#links[block];
    if (link === undefined || link < 0 || link > this.#links.length) {
      throw new DiodeCorruptedError(`block ${block} is followed by block ${String(link)}`);
    }
    return link;
  }
}
