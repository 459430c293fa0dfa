import { delay } from "@loggregator/core";
import { type Connection, ConnectionError } from "@loggregator/grpc";
import type { ClientMiddleware } from "nice-grpc";
import { backoffOf, type ReconnectOptions } from "./reconnectMiddleware.js";

/**
 * nice-grpc client middleware that waits until the connection is there, then makes the call, with
 * one backoff for all: hundreds of streams that wait for one server must not try it one by one.
 *
 * The shared wait is never longer than that of a stream's own backoff with the same options, so
 * that a stream alone is not held up by it.
 */
export function pacedConnection(
  connection: Connection,
  options: ReconnectOptions,
): ClientMiddleware {
  const backoff = backoffOf(options);
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
      // All who waited for one attempt get the same error.
      if (error instanceof ConnectionError && error !== failure) {
        failure = error;
        notBefore = performance.now() + backoff.next() / 2;
      }
      throw error;
    }
  }

  return async function* paced(call, options) {
    await ready(options.signal ?? new AbortController().signal);
    return yield* call.next(call.request, options);
  };
}
