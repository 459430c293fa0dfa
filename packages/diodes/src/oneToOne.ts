import { OptionTypeError, positiveInteger } from "@loggregator/core";
import { dropReporter, type OnDropped, type WakingDiode } from "./diode.js";

/**
 * A ring buffer for one writer and one reader. As in go-diodes, a reader that was overtaken
 * continues with the value in its own slot, so up to `size - 1` stored values count as dropped.
 */
export class OneToOne<T> implements WakingDiode<T> {
  // Grows with the first lap of writes, so that a large diode uses memory only once it is filled.
  readonly #slots: (T | undefined)[] = [];
  readonly #size: number;
  readonly #onDropped: (count: number) => void;
  #dropped = 0;
  #writeAt = 0;
  #readAt = 0;
  /** The number of values set since the reader's position; above `#size` if it was overtaken. */
  #ahead = 0;
  #wakes: (() => void)[] | undefined;

  /**
   * @param size The capacity in values.
   * @param onDropped Called with the number of values that were overwritten unread.
   * @throws RangeError if `size` is not a positive integer; TypeError if `size` is not a number or
   * `onDropped` is not a function.
   */
  constructor(size: number, onDropped?: OnDropped) {
    this.#size = positiveInteger("size", size);
    this.#onDropped = dropReporter(onDropped);
  }

  /** The number of values that were overwritten before they were read, as detected by the reader. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @throws TypeError if `value` is `undefined`, which `tryNext` returns if there is no value. */
  set(value: T): void {
    if (value === undefined) {
      throw new OptionTypeError("value", "anything but undefined", "undefined");
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
    // Called last, so that the diode is consistent if the callback uses it.
    if (missed > 0) {
      this.#dropped += missed;
      this.#onDropped(missed);
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

  /** Skips whole laps: the reader stays at its slot, which now holds a value of a later lap. */
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
