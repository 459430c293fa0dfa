interface Registration {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const registrations = new WeakMap<AbortSignal, Registration>();

/**
 * Calls `callback` when the signal aborts, at once if it has aborted already. Returns a function
 * that takes the callback back.
 *
 * Any number of callbacks share one event listener per signal: Node.js warns of a leak at the
 * eleventh listener, and hundreds of streams may share a signal. Nothing is left on the signal
 * once all callbacks are taken back.
 *
 * @param callback Must not throw.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const registration = registrations.get(signal) ?? register(signal);
  // A function of its own for each call, as the same callback may be registered twice.
  const entry = () => callback();
  registration.callbacks.add(entry);
  return () => {
    if (!registration.callbacks.delete(entry) || registration.callbacks.size > 0) return;
    signal.removeEventListener("abort", registration.listener);
    registrations.delete(signal);
  };
}

function register(signal: AbortSignal): Registration {
  const callbacks = new Set<() => void>();
  const listener = () => {
    registrations.delete(signal);
    for (const callback of callbacks) {
      callbacks.delete(callback);
      callback();
    }
  };
  signal.addEventListener("abort", listener, { once: true });
  const registration = { callbacks, listener };
  registrations.set(signal, registration);
  return registration;
}
