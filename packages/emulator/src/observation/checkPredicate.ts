import { formatValue, OptionTypeError } from "@loggregator/core";

/**
 * Returns `predicate` as a function that checks its results: a promise would count as true.
 *
 * @throws OptionTypeError if it is not a function, or returns a promise.
 */
export function checkPredicate<T>(
  name: string,
  predicate: (value: T) => boolean,
): (value: T) => boolean {
  if (typeof predicate !== "function") {
    throw new OptionTypeError(name, "a function", formatValue(predicate));
  }
  return (value) => {
    const result: unknown = predicate(value);
    if (typeof (result as PromiseLike<unknown> | undefined)?.then === "function") {
      // An unhandled rejection would end the process.
      (result as PromiseLike<unknown>).then(undefined, () => {});
      throw new OptionTypeError(name, "a function that returns true or false", "an async function");
    }
    return Boolean(result);
  };
}
