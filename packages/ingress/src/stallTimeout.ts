import type { ClientMiddleware } from "nice-grpc";
import { eitherSignal } from "./eitherSignal.js";
import { StallError } from "./errors.js";

/**
 * nice-grpc client middleware that gives each call so long to be answered, in milliseconds.
 *
 * @param onStall Called when it was not, before the call fails with a `StallError`.
 */
export function stallTimeout(
  address: string,
  timeoutMs: number,
  onStall: () => void = () => {},
): ClientMiddleware {
  return async function* stallTimeout(call, options) {
    const { signal, abort } = eitherSignal(options.signal);
    const timer = setTimeout(() => {
      abort(new StallError(call.method.path, address, timeoutMs));
      onStall();
    }, timeoutMs);
    try {
      return yield* call.next(call.request, { ...options, signal });
    } finally {
      clearTimeout(timer);
      abort();
    }
  };
}
