import type { CounterOptions, Emitter } from "@loggregator/api";
import { checkBigCount, checkCount } from "./arguments.js";

/** Counts, and is emitted with every pulse. */
export interface CounterMetric {
  /**
   * Counts `n` more. The sum is exact, however large it gets.
   *
   * @param n A whole number from 0 to 2^64 - 1; beyond 2^53 - 1 as a bigint. Default: 1.
   * @throws RangeError for a number that is negative, fractional, too large or inexact; TypeError for what is no number.
   */
  increment(n?: bigint | number): void;
}

const maxUint64 = 2n ** 64n - 1n;

/** The counter behind a `CounterMetric`. */
export class PulsedCounter implements CounterMetric {
  readonly name: string;
  readonly #options: CounterOptions;
  /** What was counted since the last pulse is the sum of both: adding numbers allocates nothing. */
  #count = 0;
  #bigCount = 0n;

  constructor(name: string, options: CounterOptions) {
    this.name = name;
    this.#options = options;
  }

  increment(n: bigint | number = 1): void {
    if (typeof n === "number") {
      checkCount(n);
      const sum = this.#count + n;
      if (sum <= Number.MAX_SAFE_INTEGER) {
        this.#count = sum;
        return;
      }
      this.#bigCount += BigInt(this.#count);
      this.#count = n;
    } else {
      checkBigCount(n);
      this.#bigCount += n;
    }
  }

  /**
   * Emits what was counted since the last pulse, 0 too. A delta is a uint64, so a larger sum takes
   * several envelopes. What an emitter threw at stays for the next pulse.
   */
  pulse(emitter: Emitter): void {
    this.#bigCount += BigInt(this.#count);
    this.#count = 0;
    // The emitter may count with this very counter: that is for the next pulse.
    let rest = this.#bigCount;
    do {
      const delta = rest > maxUint64 ? maxUint64 : rest;
      emitter.emitCounter(this.name, { ...this.#options, delta });
      this.#bigCount -= delta;
      rest -= delta;
    } while (rest > 0n);
  }
}
