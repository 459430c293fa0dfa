import type { CounterOptions, Emitter } from "@loggregator/api";
import { formatValue, OptionRangeError, OptionTypeError } from "@loggregator/core";

/** A counter that is emitted with every pulse. */
export interface CounterMetric {
  /**
   * Adds `n` to the count. The sum is exact at any size.
   *
   * @param n An integer from 0 to 2^64 - 1. Values above 2^53 - 1 must be bigints. Default: 1.
   * @throws RangeError for a number that is negative, fractional, too large or inexact; TypeError
   * for anything that is not a number.
   */
  increment(n?: bigint | number): void;
}

const maxUint64 = 2n ** 64n - 1n;

/** The implementation of `CounterMetric`. */
export class PulsedCounter implements CounterMetric {
  readonly name: string;
  readonly #options: CounterOptions;
  /** The count since the last pulse is the sum of both. Adding numbers allocates no memory. */
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
   * Emits the count since the last pulse, even if it is 0. A delta is a uint64, so a larger count
   * is emitted in several envelopes. If the emitter throws, the rest is kept for the next pulse.
   * Returns the last result of the emitter.
   */
  pulse(emitter: Emitter): unknown {
    this.#bigCount += BigInt(this.#count);
    this.#count = 0;
    // If the emitter increments this counter, the increment belongs to the next pulse.
    let rest = this.#bigCount;
    let result: unknown;
    do {
      const delta = rest > maxUint64 ? maxUint64 : rest;
      result = emitter.emitCounter(this.name, { ...this.#options, delta });
      this.#bigCount -= delta;
      rest -= delta;
    } while (rest > 0n);
    return result;
  }
}

function checkCount(n: number): void {
  if (Number.isSafeInteger(n) && n >= 0) {
    return;
  }
  const expected =
    Number.isInteger(n) && n > 0
      ? "at most 2^53 - 1 as a number (larger counts are exact as a bigint)"
      : "an integer from 0";
  throw new OptionRangeError("n", expected, formatValue(n));
}

function checkBigCount(n: unknown): asserts n is bigint {
  if (typeof n !== "bigint") {
    throw new OptionTypeError("n", "a bigint or a number", formatValue(n));
  }
  if (n < 0n || n > maxUint64) {
    throw new OptionRangeError("n", "an integer from 0 to 2^64 - 1", formatValue(n));
  }
}
