import { onAbort, StallTimer } from "@loggregator/core";

/**
 * The time without a response after which the next address is tried, in milliseconds (RFC 8305,
 * section 5).
 */
const attemptDelayMs = 250;

/**
 * Tries endpoints in order, starting the next one as soon as one fails or does not respond within
 * 250 ms. The first connection is used, and the other attempts are cancelled.
 *
 * @param attempt Opens a connection, and rejects when `signal` aborts. Calls `onReached` once the
 * endpoint has responded: then no other endpoint is tried unless this one fails.
 * @param discard Closes a connection that was opened too late.
 * @throws The signal's reason if it aborts; otherwise an array with the error of each attempt.
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
      attempt(endpoint, attempts.signal, () => timer.pause()).then(
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
