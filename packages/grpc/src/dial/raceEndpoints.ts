import { onAbort, StallTimer } from "@loggregator/core";

/** When to try the next address while one does not answer, in milliseconds (RFC 8305, section 5). */
const attemptDelayMs = 250;

/**
 * Tries endpoints one after the other, the next one as soon as one fails or has not been reached
 * within 250 ms. The first to succeed wins, the others are cancelled.
 *
 * @param attempt Opens a connection until `signal` aborts, and calls `onReached` once the endpoint
 * has answered: then no other one is tried unless it fails.
 * @param discard Closes a connection that came second.
 * @throws The signal's reason if it aborts; otherwise an array of what the attempts failed with.
 */
export function raceEndpoints<E, T>(
  endpoints: readonly E[],
  attempt: (endpoint: E, signal: AbortSignal, onReached: () => void) => Promise<T>,
  discard: (result: T) => void,
  signal: AbortSignal,
): Promise<T> {
  const attempts = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const failures: unknown[] = [];
    let next = 0;
    let running = 0;
    const removeAbort = onAbort(signal, () => finish(() => reject(signal.reason)));
    const timer = new StallTimer(attemptDelayMs, () => start());
    const finish = (settle: () => void) => {
      timer.stop();
      removeAbort();
      attempts.abort();
      settle();
    };
    const start = () => {
      const endpoint = endpoints[next++];
      if (endpoint === undefined || attempts.signal.aborted) {
        return;
      }
      running++;
      if (next < endpoints.length) {
        timer.progress();
      }
      attempt(endpoint, attempts.signal, () => timer.rest()).then(
        (result) => {
          if (attempts.signal.aborted) {
            discard(result);
          } else {
            finish(() => resolve(result));
          }
        },
        (error) => {
          running--;
          failures.push(error);
          if (next < endpoints.length) {
            start();
          } else if (running === 0) {
            finish(() => reject(failures));
          }
        },
      );
    };
    if (!signal.aborted) {
      start();
    }
  });
}
