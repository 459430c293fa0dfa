/** What every diode does: a ring that overwrites its oldest value rather than let the writer wait. */
export interface Diode<T> {
  /** Stores a value, over the oldest one if there is no room. Never waits. */
  set(value: T): void;
  /** The next value, or `undefined` if there is none. */
  tryNext(): T | undefined;
}

/** A diode that can tell when something has been set, so that a reader need not poll. */
export interface WakingDiode<T> extends Diode<T> {
  /**
   * Calls `wake` once: after the next `set`, at once if something can be read already, and at times
   * for nothing, so look with `tryNext` again. The returned function takes the request back.
   */
  onceSet(wake: () => void): () => void;
}

/**
 * Told how many values were overwritten before they could be read, from within the `tryNext` that
 * noticed. What it throws comes out of that `tryNext`, and the value it would have returned is lost.
 */
export type OnDropped = (count: number) => void;

/** @throws TypeError if it is given and no function. */
export function checkOnDropped(onDropped: unknown): void {
  if (onDropped !== undefined && typeof onDropped !== "function") {
    throw new TypeError(`onDropped must be a function, not ${String(onDropped)}`);
  }
}
