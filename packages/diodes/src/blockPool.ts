import { DiodeCorruptedError } from "./diodeCorruptedError.js";
import type { MessageRing } from "./messageRing.js";
import {
  BLOCK_BYTES,
  blockOf,
  blocksFor,
  FREE_AT,
  lowOf,
  pack,
  type SharedLayout,
} from "./sharedLayout.js";

/** As in messageRing.ts: in a sound memory so many failures in a row do not happen. */
const MAX_ATTEMPTS = 10_000;

/** How many blocks to pop at once at most: the fewer, the less likely another thread comes between. */
const MAX_POP = 32;

/**
 * The blocks: a stack of free ones, and chains of those that a message lies in. A link holds the next
 * block's number plus 1, or 0 at the end. FREE has a version beside the top of the stack, so that a
 * compare-and-swap succeeds only if nothing was pushed or popped since FREE was read: only then were
 * the links followed from it the stack's.
 */
export class BlockPool {
  readonly #int64: BigInt64Array;
  readonly #links: Int32Array;
  readonly #lengths: Int32Array;
  readonly #data: Uint8Array;
  /** Of the chain that `#pop`, `#measure` or `read` went through: its last block, and how many. */
  #last = -1;
  #count = 0;

  constructor({ int64, links, lengths, data }: SharedLayout) {
    this.#int64 = int64;
    this.#links = links;
    this.#lengths = lengths;
    this.#data = data;
  }

  /**
   * Gathers a chain of `count` blocks, those of the ring's oldest messages where none is free.
   * Returns its first, or -1 if there are not enough because other threads hold the rest.
   */
  acquire(count: number, ring: MessageRing): number {
    let first = -1;
    let last = -1;
    let held = 0;
    while (held < count) {
      let piece = this.#pop(Math.min(count - held, MAX_POP));
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
      held += this.#count;
    }
    return held === count ? first : this.#shorten(first, held - count);
  }

  /** Copies a message into the chain acquired for it. */
  write(first: number, bytes: Uint8Array): void {
    const { length } = bytes;
    this.#lengths[first] = length;
    if (length <= BLOCK_BYTES) {
      this.#data.set(bytes, first * BLOCK_BYTES);
      return;
    }
    let block = first;
    for (let from = 0; from < length; block = this.#follow(this.#last)) {
      const size = this.#run(block, length - from);
      this.#data.set(bytes.subarray(from, from + size), block * BLOCK_BYTES);
      from += size;
      if (from === length) {
        return;
      }
    }
  }

  /** The length of the message whose first block this is. */
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
      const start = block * BLOCK_BYTES;
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
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const free = Atomics.load(this.#int64, FREE_AT);
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
      if (Atomics.compareExchange(this.#int64, FREE_AT, free, rest) === free) {
        this.#last = last;
        this.#count = count;
        return first;
      }
    }
    throw new DiodeCorruptedError("the free blocks change without end");
  }

  /** Frees the chain from `first` to `last`. */
  #push(first: number, last: number): void {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const free = Atomics.load(this.#int64, FREE_AT);
      this.#links[last] = blockOf(free) + 1;
      const pushed = pack(lowOf(free + 1n), first);
      if (Atomics.compareExchange(this.#int64, FREE_AT, free, pushed) === free) {
        return;
      }
    }
    throw new DiodeCorruptedError("the free blocks change without end");
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
   * How many of the next `left` bytes of a message lie from `block` on in one piece; `#last` is then
   * the block where they end. Blocks that follow each other in the chain and in memory are copied at once.
   */
  #run(block: number, left: number): number {
    let last = block;
    while ((last - block + 1) * BLOCK_BYTES < left && this.#links[last] === last + 2) {
      last++;
    }
    if (last >= this.#links.length) {
      throw new DiodeCorruptedError(`a message lies in block ${last}`);
    }
    this.#last = last;
    return Math.min((last - block + 1) * BLOCK_BYTES, left);
  }

  /** The block after this one, in a chain that must have one. */
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
