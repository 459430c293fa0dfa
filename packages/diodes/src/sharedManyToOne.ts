import { BlockPool } from "./blockPool.js";
import { checkOnDropped, type OnDropped, type WakingDiode } from "./diode.js";
import { MessageRing } from "./messageRing.js";
import {
  blocksFor,
  createLayout,
  LOST_AT,
  lowOf,
  openLayout,
  SEEN_LOST_AT,
  SEEN_POSITION_AT,
  type SharedLayout,
} from "./sharedLayout.js";
import { WakeSignal } from "./wakeSignal.js";

/** Messages up to this length share an allocation: a small ArrayBuffer costs more than its copy. */
const MAX_POOLED_BYTES = 4 * 1024;
const POOL_BYTES = 32 * 1024;

/**
 * A ring of byte messages over a SharedArrayBuffer, for writers in any threads and one reader.
 *
 * One thread makes it with a size and hands `buffer` to the others, which make theirs from that.
 * A message is delivered whole, or overwritten while unread and counted; what one writer sets comes
 * out in its order. Only one thread may read at a time. Nobody ever waits for another thread to go
 * on, so a thread that is terminated in the middle of a call holds up nobody.
 *
 * Runs wherever there is a SharedArrayBuffer: in a browser, the page must be cross-origin isolated.
 * Wait for messages with a `Waiter`. The file sharedLayout.ts explains the memory.
 */
export class SharedManyToOne implements WakingDiode<Uint8Array> {
  readonly #layout: SharedLayout;
  readonly #ring: MessageRing;
  readonly #blocks: BlockPool;
  readonly #signal: WakeSignal;
  readonly #onDropped: OnDropped | undefined;
  #pool = new Uint8Array(0);
  #poolUsed = 0;

  /**
   * @param sizeOrBuffer For a new diode, how many bytes of messages it holds, at most 512 MiB: each
   *   message takes up a multiple of 128 bytes. To join one, the `buffer` of the diode that made it.
   * @param onDropped For the reader: told how many messages were overwritten unread. Default: nobody.
   * @throws RangeError if the size is not an integer in its range.
   * @throws TypeError if the buffer is not a shared diode's, or `onDropped` is no function.
   */
  constructor(sizeOrBuffer: number | SharedArrayBuffer, onDropped?: OnDropped) {
    checkOnDropped(onDropped);
    this.#layout =
      typeof sizeOrBuffer === "number" ? createLayout(sizeOrBuffer) : openLayout(sizeOrBuffer);
    this.#ring = new MessageRing(this.#layout);
    this.#blocks = new BlockPool(this.#layout);
    this.#signal = new WakeSignal(this.#layout, () => this.#ring.isEmpty);
    this.#onDropped = onDropped;
  }

  /** The memory: post it to a worker thread, or pass it as its `workerData`. */
  get buffer(): SharedArrayBuffer {
    return this.#layout.buffer;
  }

  /**
   * Copies the message in, over the oldest ones where there is no room. Where threads are busy with
   * so much of the memory that even then there is none, it counts as dropped.
   *
   * @throws TypeError if `message` is not a Uint8Array.
   * @throws RangeError if it is longer than the diode's size.
   * @throws DiodeCorruptedError if something other than a diode has written into the memory.
   */
  set(message: Uint8Array): void {
    if (!(message instanceof Uint8Array)) {
      throw new TypeError(`message must be a Uint8Array, not ${typeof message}`);
    }
    const { capacity, int32 } = this.#layout;
    if (message.length > capacity) {
      throw new RangeError(
        `message must be at most as long as the diode's size, ${capacity} bytes, not ${message.length}`,
      );
    }
    const first = this.#blocks.acquire(blocksFor(message.length), this.#ring);
    if (first === -1) {
      Atomics.add(int32, LOST_AT, 1);
    } else {
      this.#blocks.write(first, message);
      this.#ring.add(first);
    }
    this.#signal.notify();
  }

  /**
   * The oldest message, or `undefined` if there is none. The bytes are the caller's, but messages up
   * to 4 KiB share an ArrayBuffer of 32 KiB: copy one before transferring it or keeping it for long.
   *
   * @throws DiodeCorruptedError if something other than a diode has written into the memory.
   */
  tryNext(): Uint8Array | undefined {
    const first = this.#ring.take();
    const missed = this.#countMissed(first !== -1);
    const message = first === -1 ? undefined : this.#read(first);
    if (missed > 0) {
      this.#onDropped?.(missed);
    }
    return message;
  }

  onceSet(wake: () => void): () => void {
    return this.#signal.onceSet(wake);
  }

  /**
   * How many messages were dropped since the last call. Positions number the messages: the reader
   * missed those between its last one and this one. What it has counted is kept in the memory, for
   * a reader that takes over.
   */
  #countMissed(taken: boolean): number {
    const { int32, int64 } = this.#layout;
    const { position } = this.#ring;
    const lost = Atomics.load(int32, LOST_AT);
    const missed =
      Number(lowOf(position - (int64[SEEN_POSITION_AT] ?? 0n))) +
      ((lost - (int32[SEEN_LOST_AT] ?? 0)) >>> 0);
    int64[SEEN_POSITION_AT] = taken ? lowOf(position + 1n) : position;
    int32[SEEN_LOST_AT] = lost;
    return missed;
  }

  #read(first: number): Uint8Array {
    const length = this.#blocks.lengthOf(first);
    if (length > MAX_POOLED_BYTES) {
      const message = new Uint8Array(length);
      this.#blocks.read(first, length, message, 0);
      return message;
    }
    if (this.#poolUsed + length > this.#pool.length) {
      this.#pool = new Uint8Array(POOL_BYTES);
      this.#poolUsed = 0;
    }
    const at = this.#poolUsed;
    this.#blocks.read(first, length, this.#pool, at);
    this.#poolUsed = at + length;
    return this.#pool.subarray(at, at + length);
  }
}
