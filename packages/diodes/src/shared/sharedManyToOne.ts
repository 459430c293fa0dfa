import { formatValue, OptionRangeError, OptionTypeError } from "@loggregator/core";
import { dropReporter, type OnDropped, type WakingDiode } from "../diode.js";
import { WakeSignal } from "../wakeSignal.js";
import { BlockPool } from "./blockPool.js";
import { MessageRing } from "./messageRing.js";
import {
  blocksFor,
  createLayout,
  lostAt,
  lowOf,
  openLayout,
  type SharedLayout,
  seenLostAt,
  seenPositionAt,
} from "./sharedLayout.js";

/** Messages up to this length share an allocation: a small ArrayBuffer costs more than copying. */
const maxPooledBytes = 4 * 1024;
const poolBytes = 32 * 1024;

/**
 * A ring buffer of byte messages over a SharedArrayBuffer, for writers in any threads and one reader.
 *
 * One thread creates it with a size and passes `buffer` to the others, which create theirs from it. A
 * message is delivered whole, or overwritten unread and counted; messages of one writer arrive in
 * order. Only one thread may read at a time. No thread waits for another, so a thread that is
 * terminated in the middle of a call blocks no other.
 *
 * Needs SharedArrayBuffer: in a browser, the page must be cross-origin isolated. Read with a `Waiter`.
 * The file sharedLayout.ts describes the memory.
 */
export class SharedManyToOne implements WakingDiode<Uint8Array> {
  readonly #layout: SharedLayout;
  readonly #ring: MessageRing;
  readonly #blocks: BlockPool;
  readonly #signal: WakeSignal;
  readonly #onDropped: (count: number) => void;
  #dropped = 0;
  #pool = new Uint8Array(0);
  #poolUsed = 0;

  /**
   * @param sizeOrBuffer For a new diode, its capacity in bytes, at most 512 MiB: each message
   * occupies a multiple of 128 bytes. To join a diode, its `buffer`.
   * @param onDropped For the reader: called with the number of messages that were dropped.
   * @throws RangeError if the size is not an integer in its range; TypeError if the buffer is not that
   * of a shared diode, or `onDropped` is not a function.
   */
  constructor(sizeOrBuffer: number | SharedArrayBuffer, onDropped?: OnDropped) {
    this.#layout =
      typeof sizeOrBuffer === "number" ? createLayout(sizeOrBuffer) : openLayout(sizeOrBuffer);
    this.#ring = new MessageRing(this.#layout);
    this.#blocks = new BlockPool(this.#layout);
    this.#signal = new WakeSignal(this.#layout, () => this.#ring.isEmpty);
    this.#onDropped = dropReporter(onDropped);
  }

  /** The memory of the diode. Pass it to another thread with `postMessage` or as `workerData`. */
  get buffer(): SharedArrayBuffer {
    return this.#layout.buffer;
  }

  /** The number of dropped messages that this reader has detected. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Copies the message into the diode. If there is no room, the oldest messages are overwritten. If
   * other threads are using too much of the memory even then, the message is dropped and counted.
   *
   * @throws TypeError if `message` is not a Uint8Array.
   * @throws RangeError if it is longer than the diode's size.
   * @throws DiodeCorruptedError if something other than a diode has written into the memory.
   */
  set(message: Uint8Array): void {
    if (!(message instanceof Uint8Array)) {
      throw new OptionTypeError("message", "a Uint8Array", formatValue(message));
    }
    const { capacity, int32 } = this.#layout;
    if (message.length > capacity) {
      const expected = `at most as long as the diode's size, ${capacity} bytes`;
      throw new OptionRangeError("message", expected, `${message.length} bytes`);
    }
    const first = this.#blocks.acquire(blocksFor(message.length), this.#ring);
    if (first === -1) {
      Atomics.add(int32, lostAt, 1);
    } else {
      this.#blocks.write(first, message);
      this.#ring.add(first);
    }
    this.#signal.notify();
  }

  /**
   * Returns the oldest message, or `undefined` if there is none. The bytes belong to the caller, but
   * messages up to 4 KiB share an ArrayBuffer of 32 KiB: copy one before transferring it or keeping
   * it for long.
   *
   * @throws DiodeCorruptedError if something other than a diode has written into the memory.
   */
  tryNext(): Uint8Array | undefined {
    const first = this.#ring.take();
    const missed = this.#countMissed(first !== -1);
    const message = first === -1 ? undefined : this.#read(first);
    if (missed > 0) {
      this.#dropped += missed;
      this.#onDropped(missed);
    }
    return message;
  }

  onceSet(wake: () => void): () => void {
    return this.#signal.onceSet(wake);
  }

  /**
   * Returns the number of messages dropped since the last call. Positions number the messages: the
   * reader missed those between its last one and this one. The count is kept in the shared memory,
   * for a reader that takes over.
   */
  #countMissed(taken: boolean): number {
    const { int32, int64 } = this.#layout;
    const { position } = this.#ring;
    const lost = Atomics.load(int32, lostAt);
    const missed =
      Number(lowOf(position - (int64[seenPositionAt] ?? 0n))) +
      ((lost - (int32[seenLostAt] ?? 0)) >>> 0);
    int64[seenPositionAt] = taken ? lowOf(position + 1n) : position;
    int32[seenLostAt] = lost;
    return missed;
  }

  #read(first: number): Uint8Array {
    const length = this.#blocks.lengthOf(first);
    if (length > maxPooledBytes) {
      const message = new Uint8Array(length);
      this.#blocks.read(first, length, message, 0);
      return message;
    }
    if (this.#poolUsed + length > this.#pool.length) {
      this.#pool = new Uint8Array(poolBytes);
      this.#poolUsed = 0;
    }
    const at = this.#poolUsed;
    this.#blocks.read(first, length, this.#pool, at);
    this.#poolUsed = at + length;
    return this.#pool.subarray(at, at + length);
  }
}
