import {
  Backoff,
  delay,
  linkedAbortController,
  type RetrySettings,
  StallTimer,
} from "@loggregator/core";
import { type Connection, type ConnectionCallOptions, ConnectionError } from "@loggregator/grpc";
import type { ClientMiddleware } from "nice-grpc";

/** The lifetime of a stream, in milliseconds, after which it counts as working. */
const settledMs = 1_000;

/**
 * nice-grpc client middleware that waits until the connection is open, then makes the call. All
 * calls share one backoff, so that hundreds of waiting streams do not each try to connect.
 *
 * The shared delay is never longer than the backoff of a stream with the same settings, so it does
 * not delay a single stream.
 *
 * @param onSettled Called when a call has been open for a second.
 */
export function pacedConnection(
  connection: Connection,
  settings: RetrySettings,
  onSettled: () => void,
): ClientMiddleware<ConnectionCallOptions> {
  const backoff = new Backoff(settings);
  let failure: unknown;
  let notBefore = 0;

  async function ready(signal: AbortSignal): Promise<void> {
    for (let now = performance.now(); now < notBefore; now = performance.now()) {
      await delay(signal, notBefore - now);
    }
    try {
      await connection.ready(signal);
      backoff.reset();
    } catch (error) {
      // All calls that waited for one attempt receive the same error.
      if (error instanceof ConnectionError && error !== failure) {
        failure = error;
        notBefore = performance.now() + backoff.next() / 2;
      }
      throw error;
    }
  }

  return async function* paced(call, options) {
    const waiting = linkedAbortController(options.signal, options.drainSignal);
    try {
      await ready(waiting.signal);
    } finally {
      waiting.abort();
    }
    const settled = new StallTimer(settledMs, onSettled);
    settled.start();
    try {
      return yield* connection.middleware(call, options);
    } finally {
      settled.stop();
    }
  };
}
