import { formatValue } from "../text/formatValue.js";
import { OptionRangeError, OptionTypeError } from "./optionError.js";

/** The longest delay of a timer in milliseconds, 24.8 days. A longer one fires immediately. */
export const maxTimerMs = 2 ** 31 - 1;

/**
 * Checks a duration in milliseconds, above 0 and up to 2^31 - 1.
 *
 * @throws OptionTypeError if it is not a number; OptionRangeError if it is out of range.
 */
export function positiveMs(name: string, value: unknown): number {
  const expected = `a positive number of milliseconds up to ${maxTimerMs}`;
  return inRange(name, value, expected, (ms) => ms > 0 && ms <= maxTimerMs);
}

/**
 * Checks a duration in milliseconds, from 0 to 2^31 - 1.
 *
 * @throws OptionTypeError if it is not a number; OptionRangeError if it is out of range.
 */
export function delayMs(name: string, value: unknown): number {
  const expected = `a number of milliseconds from 0 to ${maxTimerMs}`;
  return inRange(name, value, expected, (ms) => ms >= 0 && ms <= maxTimerMs);
}

/**
 * Checks a time limit in milliseconds: as `positiveMs`, or `Infinity` for no limit.
 *
 * @throws OptionTypeError if it is not a number; OptionRangeError if it is out of range.
 */
export function timeoutMs(name: string, value: unknown): number {
  const expected = `a positive number of milliseconds up to ${maxTimerMs}, or Infinity`;
  const isTimeout = (ms: number) => (ms > 0 && ms <= maxTimerMs) || ms === Number.POSITIVE_INFINITY;
  return inRange(name, value, expected, isTimeout);
}

/**
 * Checks a count: an integer of at least 1.
 *
 * @throws OptionTypeError if it is not a number; OptionRangeError if it is not a positive integer.
 */
export function positiveInteger(name: string, value: unknown): number {
  return inRange(name, value, "a positive integer", (n) => Number.isSafeInteger(n) && n > 0);
}

/**
 * Checks a limit: an integer of at least `least`, or `Infinity` for no limit.
 *
 * @throws OptionTypeError if it is not a number; OptionRangeError if it is out of range.
 */
export function integerLimit(name: string, value: unknown, least: number): number {
  const isLimit = (n: number) =>
    (Number.isSafeInteger(n) && n >= least) || n === Number.POSITIVE_INFINITY;
  return inRange(name, value, `an integer of at least ${least}, or Infinity`, isLimit);
}

/**
 * Returns `value`, or `fallback` if it is undefined.
 *
 * @throws OptionTypeError if it is neither undefined nor a boolean.
 */
export function optionalBoolean(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) {
    return fallback;
  }
  if (typeof value === "boolean") {
    return value;
  }
  throw new OptionTypeError(name, "true or false", formatValue(value));
}

/**
 * Checks a string.
 *
 * @throws OptionTypeError if it is not a string.
 */
export function stringArgument(name: string, value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  throw new OptionTypeError(name, "a string", formatValue(value));
}

/**
 * Checks a non-empty string.
 *
 * @throws OptionTypeError if it is not a string; OptionRangeError if it is empty.
 */
export function nonEmptyString(name: string, value: unknown): string {
  if (typeof value !== "string") {
    throw new OptionTypeError(name, "a non-empty string", formatValue(value));
  }
  if (value === "") {
    throw new OptionRangeError(name, "a non-empty string", '""');
  }
  return value;
}

/**
 * Checks a string that must be one of `choices`.
 *
 * @throws OptionTypeError if it is none of them.
 */
export function oneOf<T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  if (choices.includes(value as T)) {
    return value as T;
  }
  const quoted = choices.map((choice) => JSON.stringify(choice));
  const last = quoted.pop();
  const expected = quoted.length === 0 ? `${last}` : `${quoted.join(", ")} or ${last}`;
  throw new OptionTypeError(name, expected, formatValue(value));
}

/**
 * Checks an optional function.
 *
 * @throws OptionTypeError if it is neither undefined nor a function.
 */
export function optionalFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === "function") {
    return;
  }
  throw new OptionTypeError(name, "a function", formatValue(value));
}

/**
 * Checks an optional AbortSignal, which may come from another realm.
 *
 * @throws OptionTypeError if it is neither undefined nor an AbortSignal.
 */
export function optionalSignal(name: string, value: unknown): void {
  if (value === undefined) {
    return;
  }
  const signal = value as Partial<AbortSignal> | null;
  if (typeof signal?.addEventListener === "function" && typeof signal.aborted === "boolean") {
    return;
  }
  throw new OptionTypeError(name, "an AbortSignal", formatValue(value));
}

/**
 * Checks an object other than an array.
 *
 * @throws OptionTypeError if it is not an object, or is an array.
 */
export function objectArgument(name: string, value: unknown): asserts value is object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return;
  }
  throw new OptionTypeError(name, "an object", formatValue(value));
}

/**
 * Checks a number that `isValid` must accept.
 *
 * @param expected The range, such as "a number from 0 to 1".
 * @throws OptionTypeError if it is not a number; OptionRangeError if it is out of range.
 */
export function inRange(
  name: string,
  value: unknown,
  expected: string,
  isValid: (value: number) => boolean,
): number {
  if (typeof value !== "number") {
    throw new OptionTypeError(name, expected, formatValue(value));
  }
  if (!isValid(value)) {
    throw new OptionRangeError(name, expected, formatValue(value));
  }
  return value;
}

/**
 * Converts a time to UNIX nanoseconds in the range of an int64.
 *
 * @throws OptionTypeError if it is neither a bigint nor a Date; OptionRangeError if it is out of
 * range or an invalid Date.
 */
export function nanosecondsArgument(name: string, value: unknown): bigint {
  let nanoseconds: bigint;
  if (typeof value === "bigint") {
    nanoseconds = value;
  } else if (value instanceof Date) {
    const milliseconds = value.getTime();
    if (Number.isNaN(milliseconds)) {
      throw new OptionRangeError(name, "a valid Date", formatValue(value));
    }
    nanoseconds = BigInt(milliseconds) * 1_000_000n;
  } else {
    const expected = "a bigint (UNIX nanoseconds) or a Date";
    throw new OptionTypeError(name, expected, formatValue(value));
  }
  if (BigInt.asIntN(64, nanoseconds) !== nanoseconds) {
    throw new OptionRangeError(
      name,
      "UNIX nanoseconds in the range of an int64",
      formatValue(value),
    );
  }
  return nanoseconds;
}
