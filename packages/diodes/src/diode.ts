import { emitWarning, errorText, invokeCallback, optionalFunction } from "@loggregator/core";

/** A ring buffer that overwrites its oldest values instead of making the writer wait. */
export interface Diode<T> {
  /** Stores a value. If the diode is full, the oldest value is overwritten. Never blocks. */
  set(value: T): void;
  /** Returns the next value, or `undefined` if there is none. */
  tryNext(): T | undefined;
}

/** A diode that notifies its reader of new values, so that the reader does not have to poll. */
export interface WakingDiode<T> extends Diode<T> {
  /**
   * Calls `wake` once: after the next `set`, or soon if there is a value already. The call
   * does not guarantee a value: `tryNext` may return `undefined`. The returned function cancels the
   * request.
   */
  onceSet(wake: () => void): () => void;
}

/**
 * Called with the number of values that were overwritten before they could be read, from within the
 * `tryNext` call that detected it. If it throws or returns a promise that rejects, that is reported
 * as a warning of the process (in browsers, on the console); `tryNext` returns its value regardless.
 */
export type OnDropped = (count: number) => unknown;

/**
 * Returns a function that calls `onDropped` and reports its failures.
 *
 * @throws TypeError if `onDropped` is neither undefined nor a function.
 */
export function dropReporter(onDropped: OnDropped | undefined): (count: number) => void {
  optionalFunction("onDropped", onDropped);
  if (onDropped === undefined) {
    return () => {};
  }
  return (count) => {
    invokeCallback(
      () => onDropped(count),
      (error) => emitWarning(`diode: onDropped failed: ${errorText(error)}`),
    );
  };
}
