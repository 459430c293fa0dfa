/**
 * Browser replacement of `../onAbort.ts`: registers each callback as its own listener, as browsers
 * do not warn about many listeners.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  // Each call creates a new function, as the same callback may be registered twice.
  const listener = () => callback();
  if (signal?.aborted) {
    callback();
  }
  signal?.addEventListener("abort", listener, { once: true });
  return () => signal?.removeEventListener("abort", listener);
}
