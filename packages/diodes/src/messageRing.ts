import { DiodeCorruptedError } from "./diodeCorruptedError.js";
import { blockOf, HEAD_AT, lowOf, pack, type SharedLayout, TAIL_AT } from "./sharedLayout.js";

/**
 * Each failed attempt means that another thread succeeded in the meantime, so in a sound memory so
 * many in a row do not happen.
 */
const MAX_ATTEMPTS = 10_000;

/**
 * The ring of messages, oldest to newest, each told by its first block. Any thread may add and any
 * may take: the reader to deliver, a writer to overwrite.
 *
 * Position p belongs to slot p mod (number of slots). A slot goes through the states "waits for p"
 * (p, no block), "has p" (p and a block), "waits for p + number of slots", and so on. A message is
 * added or taken at the moment its slot changes; TAIL and HEAD follow, and whoever finds one behind
 * moves it on, so a thread that stops between the two steps holds up nobody.
 */
export class MessageRing {
  /** The position of the message taken last, or where `take` last found nothing. */
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
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const tail = Atomics.load(this.#int64, TAIL_AT);
      const at = Number(BigInt.asUintN(32, tail)) & this.#mask;
      const found = Atomics.compareExchange(this.#slots, at, tail, pack(tail, block));
      // Added by us, or by another who has not moved TAIL yet; if TAIL has moved, this does nothing.
      Atomics.compareExchange(this.#int64, TAIL_AT, tail, lowOf(tail + 1n));
      if (found === tail) {
        return;
      }
    }
    throw new DiodeCorruptedError("there is no slot for a message");
  }

  /** Takes the oldest message out, for the caller to own. Returns its first block, -1 if there is none. */
  take(): number {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const head = Atomics.load(this.#int64, HEAD_AT);
      const at = Number(BigInt.asUintN(32, head)) & this.#mask;
      const word = Atomics.load(this.#slots, at);
      if (word === head) {
        this.position = head;
        return -1;
      }
      const taken =
        lowOf(word) === head &&
        Atomics.compareExchange(this.#slots, at, word, lowOf(head + this.#lap)) === word;
      // Taken by us, or by another who has not moved HEAD yet; if HEAD has moved, this does nothing.
      Atomics.compareExchange(this.#int64, HEAD_AT, head, lowOf(head + 1n));
      if (taken) {
        this.position = head;
        return blockOf(word);
      }
    }
    throw new DiodeCorruptedError("the oldest message is not to be found");
  }

  /** Whether there is nothing to take. */
  get isEmpty(): boolean {
    const head = Atomics.load(this.#int64, HEAD_AT);
    return Atomics.load(this.#slots, Number(BigInt.asUintN(32, head)) & this.#mask) === head;
  }
}
