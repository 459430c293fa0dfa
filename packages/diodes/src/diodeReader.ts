import { formatValue, OptionTypeError, onAbort, optionalSignal } from "@loggregator/core";
import type { Diode } from "./diode.js";

/** The number of values returned without waiting, after which the event loop can handle an abort. */
const valuesPerTurn = 1000;

/** The common base of {@link Poller} and {@link Waiter}, which differ in how they wait. */
export abstract class DiodeReader<T> implements Diode<T>, AsyncIterable<T> {
  readonly #diode: Diode<T>;
  readonly #signal: AbortSignal | undefined;
  #valuesThisTurn = 0;

  /** @throws TypeError if `diode` is not a diode or `signal` not an AbortSignal. */
  protected constructor(diode: Diode<T>, signal: AbortSignal | undefined) {
    if (typeof diode?.tryNext !== "function" || typeof diode.set !== "function") {
      throw new OptionTypeError("diode", "an object with set and tryNext", formatValue(diode));
    }
    optionalSignal("signal", signal);
    this.#diode = diode;
    this.#signal = signal;
  }

  /** Sets a value in the diode. */
  set(value: T): void {
    this.#diode.set(value);
  }

  /** Returns the next value, or `undefined` if there is none now. */
  tryNext(): T | undefined {
    return this.#diode.tryNext();
  }

  /** Resolves to the next value, or to `undefined` once the signal has aborted and none is left. */
  async next(): Promise<T | undefined> {
    if (this.#valuesThisTurn >= valuesPerTurn) {
      this.#valuesThisTurn = 0;
      await new Promise<void>(nextTurn);
    }
    for (;;) {
      const value = this.#diode.tryNext();
      if (value !== undefined) {
        this.#valuesThisTurn++;
        return value;
      }
      if (this.#signal?.aborted) {
        return undefined;
      }
      await this.#waitForMore();
      this.#valuesThisTurn = 0;
    }
  }

  /**
   * Yields values as they arrive. Ends when the signal aborts; `next` returns the remaining values.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    while (!this.#signal?.aborted) {
      const value = await this.next();
      if (value === undefined) {
        return;
      }
      yield value;
    }
  }

  /** Calls `wake` once there may be a value. The returned function cancels the request. */
  protected abstract wait(wake: () => void): () => void;

  #waitForMore(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        stopWaiting();
        stopFollowing();
        resolve();
      };
      const stopWaiting = this.wait(done);
      const stopFollowing = onAbort(this.#signal, done);
    });
  }
}

function nextTurn(done: () => void): void {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
  // Browsers have only the timer, which takes a few milliseconds.
  (setImmediate ?? setTimeout)(done);
}
