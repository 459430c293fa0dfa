/**
 * Calls `callback` if `result`, the return value of a user's callback, is a promise that rejects.
 */
export function onRejection(result: unknown, callback: (reason: unknown) => void): void {
  const promise = result as PromiseLike<unknown> | null | undefined;
  if (typeof promise?.then === "function") {
    promise.then(undefined, callback);
  }
}
