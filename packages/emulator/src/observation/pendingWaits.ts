import { checkOptionNames, onAbort, optionalSignal, timeoutMs } from "@loggregator/core";

/** The limits of a wait. */
export interface WaitOptions {
  /**
   * Rejects with the signal's reason when it aborts.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Rejects with an `EmulatorTimeoutError` after this time in milliseconds. Set it below the time
   * limit of a test, so that the test fails with a clear error.
   *
   * @default Infinity
   */
  readonly timeoutMs?: number | undefined;
}

/** A condition that is awaited. */
interface Condition<T> {
  /** Returns a function that returns the result, or undefined while the condition does not hold. */
  readonly check: () => (() => T) | undefined;
  /** Creates the error for a timeout. */
  readonly timedOut: (timeoutMs: number) => Error;
  /** Creates the error for a closed emulator. */
  readonly closed: () => Error;
}

/** The pending waits for conditions, which are checked at each change. */
export class PendingWaits {
  readonly #checks = new Set<() => void>();
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  /** Whether a wait was rejected because of a failure. */
  failureReported = false;

  /** Checks all conditions after a change. */
  notify(): void {
    if (this.#checks.size === 0) {
      return;
    }
    for (const check of this.#checks) {
      check();
    }
  }

  /** Rejects all waits, including later ones. Only the first failure counts. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.notify();
  }

  /** Throws the failure, if there was one. */
  throwFailure(): void {
    if (this.#failure !== undefined) {
      throw this.#failure.error;
    }
  }

  /** Rejects all waits for conditions that do not hold. */
  close(): void {
    this.#closed = true;
    this.notify();
  }

  /**
   * Resolves once the condition holds.
   *
   * @throws OptionTypeError, OptionRangeError for invalid options.
   */
  async wait<T>(condition: Condition<T>, options: WaitOptions = {}): Promise<T> {
    checkOptionNames<WaitOptions>("options", options, { signal: true, timeoutMs: true });
    const { signal } = options;
    optionalSignal("signal", signal);
    const limitMs = timeoutMs("timeoutMs", options.timeoutMs ?? Number.POSITIVE_INFINITY);
    signal?.throwIfAborted();
    let leave = () => {};
    try {
      return await new Promise<T>((resolve, reject) => {
        const check = () => {
          try {
            const result = this.#attempt(condition);
            if (result === undefined) {
              return;
            }
            resolve(result());
            // Removed synchronously, so that a change in the same turn does not produce a second
            // result.
            this.#checks.delete(check);
          } catch (error) {
            fail(error);
          }
        };
        const fail = (error: unknown) => {
          reject(error);
          this.#checks.delete(check);
        };
        const unlink = onAbort(signal, () => fail(signal?.reason));
        const timer =
          limitMs === Number.POSITIVE_INFINITY
            ? undefined
            : setTimeout(() => fail(condition.timedOut(limitMs)), limitMs);
        leave = () => {
          unlink();
          clearTimeout(timer);
        };
        this.#checks.add(check);
        check();
      });
    } finally {
      leave();
    }
  }

  #attempt<T>({ check, closed }: Condition<T>): (() => T) | undefined {
    if (this.#failure !== undefined) {
      this.failureReported = true;
      throw this.#failure.error;
    }
    const result = check();
    if (result === undefined && this.#closed) {
      throw closed();
    }
    return result;
  }
}
