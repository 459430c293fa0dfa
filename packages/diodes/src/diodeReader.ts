import type { Diode } from "./diode.js";

/** After so many values without a wait, the event loop gets its turn: else an abort could never arrive. */
const VALUES_A_TURN = 1000;

/** What {@link Poller} and {@link Waiter} share: the reading, whatever way they wait. */
export abstract class DiodeReader<T> implements Diode<T>, AsyncIterable<T> {
  readonly #diode: Diode<T>;
  readonly #signal: AbortSignal | undefined;
  #valuesThisTurn = 0;

  /** @throws TypeError if `diode` is no diode or `signal` no AbortSignal. */
  protected constructor(diode: Diode<T>, signal: AbortSignal | undefined) {
    if (typeof diode?.tryNext !== "function") {
      throw new TypeError(`diode must have set and tryNext, not be ${String(diode)}`);
    }
    if (signal !== undefined && typeof signal?.addEventListener !== "function") {
      throw new TypeError(`signal must be an AbortSignal, not ${String(signal)}`);
    }
    this.#diode = diode;
    this.#signal = signal;
  }

  /** Sets a value in the diode. */
  set(value: T): void {
    this.#diode.set(value);
  }

  /** The next value, or `undefined` if there is none now. */
  tryNext(): T | undefined {
    return this.#diode.tryNext();
  }

  /** The next value, as soon as there is one; `undefined` once the signal is aborted and nothing is left. */
  async next(): Promise<T | undefined> {
    if (this.#valuesThisTurn >= VALUES_A_TURN) {
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

  /** The values as they come. Ends when the signal aborts; what is then left, `next` still returns. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    while (!this.#signal?.aborted) {
      const value = await this.next();
      if (value === undefined) {
        return;
      }
      yield value;
    }
  }

  /** Calls `wake` when it is worth looking again; what it returns takes the request back. */
  protected abstract wait(wake: () => void): () => void;

  #waitForMore(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        stopWaiting();
        this.#signal?.removeEventListener("abort", done);
        resolve();
      };
      const stopWaiting = this.wait(done);
      this.#signal?.addEventListener("abort", done);
    });
  }
}

function nextTurn(done: () => void): void {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
  // A browser has only the timer, which makes it wait for a few milliseconds.
  (setImmediate ?? setTimeout)(done);
}
