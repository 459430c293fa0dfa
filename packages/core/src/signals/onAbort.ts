const registrations = new WeakMap<EventTarget, Set<() => void>>();

/**
 * Calls `callback` when the signal aborts, or immediately if it has already aborted. Returns a
 * function that removes the callback.
 *
 * Any number of callbacks share one event listener per signal: Node.js warns of a leak at the
 * eleventh listener, and hundreds of streams may share a signal. Nothing is left on the signal
 * once all callbacks are removed.
 *
 * @param callback Must not throw. If it does, the other callbacks still run, and the error becomes
 * an uncaught exception, like errors of event listeners.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) {
    return () => {};
  }
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const callbacks = registrations.get(signal) ?? new Set();
  registrations.set(signal, callbacks);
  if (callbacks.size === 0) {
    signal.addEventListener("abort", callAll, { once: true });
  }
  // A new function per call, so that the same callback can be registered twice.
  const entry = () => callback();
  callbacks.add(entry);
  return () => {
    if (callbacks.delete(entry) && callbacks.size === 0) {
      signal.removeEventListener("abort", callAll);
    }
  };
}

function callAll({ target }: Event): void {
  const signal = target as EventTarget;
  const callbacks = registrations.get(signal) ?? [];
  registrations.delete(signal);
  // A callback may remove others, which are then skipped.
  for (const callback of callbacks) {
    try {
      callback();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
