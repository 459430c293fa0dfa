import { onAbort } from "#onAbort";

/** Settles as `promise` does, or rejects with the signal's reason if that aborts first. */
export function abortable<T>(signal: AbortSignal, promise: PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const remove = onAbort(signal, () => reject(signal.reason));
    promise.then(
      (value) => {
        remove();
        resolve(value);
      },
      (error) => {
        remove();
        reject(error);
      },
    );
  });
}

/** Resolves after `ms` milliseconds, or rejects with the signal's reason if that aborts first. */
export function delay(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      remove();
      resolve();
    }, ms);
    const remove = onAbort(signal, () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
