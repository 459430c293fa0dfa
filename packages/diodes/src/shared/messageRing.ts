import { DiodeCorruptedError } from "./diodeCorruptedError.js";
import { blockOf, headAt, lowOf, pack, type SharedLayout, tailAt } from "./sharedLayout.js";

/**
 * Each failed attempt means that another thread succeeded meanwhile, so this many in a row only
 * happen in corrupted memory.
 */
const maxAttempts = 10_000;

/**
 * The ring of messages, oldest to newest, each identified by its first block. Any thread may add and
 * any may take: the reader to deliver, a writer to overwrite.
 *
 * Position p belongs to slot p mod (number of slots). A slot passes through the states "waits for p"
 * (p, no block), "has p" (p and a block), "waits for p + number of slots", and so on. A message is
 * added or taken at the moment its slot changes. TAIL and HEAD follow, and each thread that finds one
 * behind advances it, so a thread that stops between the two steps blocks no other.
 */
export class MessageRing {
  /** The position of the message that was taken last, or at which `take` last found none. */
  position = 0n;

  readonly #int64: BigInt64Array;
  readonly #slots: BigInt64Array;
  readonly #mask: number;
  readonly #lap: bigint;

  constructor({ int64, slots }: SharedLayout) {
    this.#int64 = int64;
    this.#slots = slots;
    this.#mask = slots.length - 1;
    this.#lap = BigInt(slots.length);
  }

  /** Adds a message as the newest. */
  add(block: number): void {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const tail = Atomics.load(this.#int64, tailAt);
      const at = Number(BigInt.asUintN(32, tail)) & this.#mask;
      const found = Atomics.compareExchange(this.#slots, at, tail, pack(tail, block));
      // Added by this thread, or by one that has not advanced TAIL yet. If TAIL has moved, this does nothing.
      Atomics.compareExchange(this.#int64, tailAt, tail, lowOf(tail + 1n));
      if (found === tail) {
        return;
      }
    }
    throw new DiodeCorruptedError("the ring has no free slot for a message");
  }

  /** Removes the oldest message. Returns its first block, which the caller now owns; -1 if there is none. */
  take(): number {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const head = Atomics.load(this.#int64, headAt);
      const at = Number(BigInt.asUintN(32, head)) & this.#mask;
      const word = Atomics.load(this.#slots, at);
      if (word === head) {
        this.position = head;
        return -1;
      }
      const taken =
        lowOf(word) === head &&
        Atomics.compareExchange(this.#slots, at, word, lowOf(head + this.#lap)) === word;
      // Taken by this thread, or by one that has not advanced HEAD yet. If HEAD has moved, this does nothing.
      Atomics.compareExchange(this.#int64, headAt, head, lowOf(head + 1n));
      if (taken) {
        this.position = head;
        return blockOf(word);
      }
    }
    throw new DiodeCorruptedError("the oldest message cannot be found");
  }

  /** True if there is no message. */
  get isEmpty(): boolean {
    const head = Atomics.load(this.#int64, headAt);
    return Atomics.load(this.#slots, Number(BigInt.asUintN(32, head)) & this.#mask) === head;
  }
}
