import { optionalFunction } from "../options/checks.js";
import { errorText } from "../text/errorText.js";
import type { Logger } from "./logger.js";

/**
 * Calls a user's callback and passes an exception, or the rejection of a returned promise, to
 * `onError`. Neither reaches the caller or the process.
 *
 * @param onError Must not throw.
 */
export function invokeCallback(callback: () => unknown, onError: (error: unknown) => void): void {
  try {
    const result = callback();
    if (isThenable(result)) {
      result.then(undefined, onError);
    }
  } catch (error) {
    onError(error);
  }
}

/**
 * Returns a function that calls `callback` and logs its failures as "`name` failed: …". Without a
 * callback it does nothing.
 *
 * @param logger Must not throw: one that `safeLogger` returned.
 * @throws OptionTypeError, with `name` as the option, if `callback` is neither undefined nor a function.
 */
export function guardedCallback<Arguments extends readonly unknown[]>(
  name: string,
  callback: ((...args: Arguments) => unknown) | undefined,
  logger: Logger,
): (...args: Arguments) => void {
  optionalFunction(name, callback);
  if (callback === undefined) {
    return () => {};
  }
  return (...args) => {
    invokeCallback(
      () => callback(...args),
      (error) => logger.error(`${name} failed: ${errorText(error)}`),
    );
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}
