import { linkedAbortController, StallTimer } from "@loggregator/core";
import type { ClientMiddleware } from "nice-grpc";
import { StallError } from "../errors.js";

/**
 * nice-grpc client middleware that limits the server's response time.
 *
 * @param timeoutMs The limit in milliseconds. Time in which this process was blocked is ignored.
 * @param onStall Called after that time, before the call fails with a `StallError`.
 */
export function stallTimeout(
  address: string,
  timeoutMs: number,
  onStall: () => void = () => {},
): ClientMiddleware {
  return async function* stallTimeout(call, options) {
    const { signal, abort } = linkedAbortController(options.signal);
    const stall = new StallTimer(timeoutMs, () => {
      abort(new StallError(call.method.path, address, timeoutMs));
      onStall();
    });
    stall.start();
    try {
      return yield* call.next(call.request, { ...options, signal });
    } finally {
      stall.stop();
      abort();
    }
  };
}
