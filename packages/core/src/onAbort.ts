interface Registration {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const registrations = new WeakMap<AbortSignal, Registration>();

/**
 * Calls `callback` when the signal aborts, at once if it has aborted already. Returns a function
 * that removes the callback.
 *
 * Any number of callbacks share one event listener per signal: Node.js warns of a leak at the
 * eleventh listener, and hundreds of streams may share a signal. Nothing is left on the signal
 * once all callbacks are removed.
 *
 * @param callback Must not throw. If it does, the other callbacks run nevertheless, and the error
 * is thrown as an uncaught one, as errors of event listeners are.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) {
    return () => {};
  }
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const registration = registrations.get(signal) ?? register(signal);
  // A function of its own for each call, as the same callback may be registered twice.
  const entry = () => callback();
  registration.callbacks.add(entry);
  return () => {
    if (!registration.callbacks.delete(entry) || registration.callbacks.size > 0) {
      return;
    }
    signal.removeEventListener("abort", registration.listener);
    registrations.delete(signal);
  };
}

function register(signal: AbortSignal): Registration {
  const callbacks = new Set<() => void>();
  const listener = () => {
    registrations.delete(signal);
    // A callback may remove others: those are skipped.
    for (const callback of callbacks) {
      callbacks.delete(callback);
      try {
        callback();
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  };
  signal.addEventListener("abort", listener, { once: true });
  const registration = { callbacks, listener };
  registrations.set(signal, registration);
  return registration;
}
