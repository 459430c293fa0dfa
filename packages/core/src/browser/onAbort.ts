/**
 * Browser replacement for `../signals/onAbort.ts`. Registers each callback as its own listener,
 * because browsers do not warn about many listeners.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  // A new function per call, so that the same callback can be registered twice.
  const listener = () => callback();
  if (signal?.aborted) {
    callback();
  }
  signal?.addEventListener("abort", listener, { once: true });
  return () => signal?.removeEventListener("abort", listener);
}
