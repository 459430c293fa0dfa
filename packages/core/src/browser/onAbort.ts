/**
 * `../onAbort.ts` for browsers, which do not warn of many listeners: each callback is a listener of
 * its own.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  // A function of its own for each call, as the same callback may be registered twice.
  const listener = () => callback();
  if (signal?.aborted) {
    callback();
  }
  signal?.addEventListener("abort", listener, { once: true });
  return () => signal?.removeEventListener("abort", listener);
}
