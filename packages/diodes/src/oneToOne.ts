import { checkOnDropped, type OnDropped, type WakingDiode } from "./diode.js";

/**
 * A ring for one writer and one reader. A full ring overwrites: the reader that has been overtaken
 * goes on with the value that now lies where it stands, and `onDropped` hears how many it missed.
 * That is what go-diodes does, so up to `size - 1` values that are still stored count as missed too.
 */
export class OneToOne<T> implements WakingDiode<T> {
  // Grown by the first lap of writes, so that a large diode costs memory only once it is filled.
  readonly #slots: (T | undefined)[] = [];
  readonly #size: number;
  readonly #onDropped: OnDropped | undefined;
  #writeAt = 0;
  #readAt = 0;
  /** How many were set since the reader's place: more than `#size` when it has been overtaken. */
  #ahead = 0;
  #wakes: (() => void)[] | undefined;

  /**
   * @param size How many values it holds.
   * @param onDropped Told how many values were overwritten unread. Default: nobody.
   * @throws RangeError if `size` is not a positive integer; TypeError if `onDropped` is no function.
   */
  constructor(size: number, onDropped?: OnDropped) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`size must be a positive integer, not ${String(size)}`);
    }
    checkOnDropped(onDropped);
    this.#size = size;
    this.#onDropped = onDropped;
  }

  /** @throws TypeError if `value` is `undefined`, which `tryNext` returns for "nothing there". */
  set(value: T): void {
    if (value === undefined) {
      throw new TypeError("value must not be undefined: tryNext returns that when there is none");
    }
    const at = this.#writeAt;
    this.#slots[at] = value;
    this.#writeAt = at + 1 === this.#size ? 0 : at + 1;
    this.#ahead++;
    if (this.#wakes !== undefined) {
      this.#wake(this.#wakes);
    }
  }

  tryNext(): T | undefined {
    if (this.#ahead === 0) {
      return undefined;
    }
    const missed = this.#ahead > this.#size ? this.#skip() : 0;
    const at = this.#readAt;
    const value = this.#slots[at];
    this.#slots[at] = undefined;
    this.#readAt = at + 1 === this.#size ? 0 : at + 1;
    this.#ahead--;
    // Last, so that a callback that throws or calls this diode finds it in order.
    if (missed > 0) {
      this.#onDropped?.(missed);
    }
    return value;
  }

  onceSet(wake: () => void): () => void {
    if (this.#ahead > 0) {
      queueMicrotask(wake);
      return () => {};
    }
    this.#wakes ??= [];
    this.#wakes.push(wake);
    return () => {
      this.#wakes = this.#wakes?.filter((other) => other !== wake);
    };
  }

  /** Whole laps only: the reader stays at its slot, which now holds a value of a later lap. */
  #skip(): number {
    const missed = this.#ahead - 1 - ((this.#ahead - 1) % this.#size);
    this.#ahead -= missed;
    return missed;
  }

  #wake(wakes: (() => void)[]): void {
    this.#wakes = undefined;
    for (const wake of wakes) {
      wake();
    }
  }
}
