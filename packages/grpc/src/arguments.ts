import { inspect } from "node:util";

/** What timers take at most: 2^31 - 1 ms, 24.8 days. A longer one would go off at once. */
const maxMs = 2 ** 31 - 1;

/**
 * A duration in milliseconds.
 *
 * @throws TypeError where it is no number; RangeError where it is not positive, or longer than
 * timers go (24.8 days).
 */
export function positiveMs(name: string, value: unknown): number {
  const expected = `${name}: expected a positive number of milliseconds, up to ${maxMs}`;
  if (typeof value !== "number") throw new TypeError(`${expected}; got ${shown(value)}`);
  if (!(value > 0 && value <= maxMs)) throw new RangeError(`${expected}; got ${value}`);
  return value;
}

/**
 * A number of things.
 *
 * @throws TypeError where it is no number; RangeError where it is not positive and whole.
 */
export function wholeNumber(name: string, value: unknown): number {
  const expected = `${name}: expected a positive whole number`;
  if (typeof value !== "number") throw new TypeError(`${expected}, got ${shown(value)}`);
  if (!(Number.isSafeInteger(value) && value > 0)) {
    throw new RangeError(`${expected}, got ${value}`);
  }
  return value;
}

/** @throws TypeError where it is given and no function. */
export function optionalFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") {
    throw new TypeError(`${name}: expected a function, got ${shown(value)}`);
  }
}

/** @throws TypeError where it is given and no AbortSignal. */
export function optionalSignal(name: string, value: unknown): void {
  const signal = value as Partial<AbortSignal> | null | undefined;
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw new TypeError(`${name}: expected an AbortSignal, got ${shown(value)}`);
  }
}

/** @throws TypeError where it is no object. */
export function objectArgument(name: string, value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${name}: expected an object, got ${shown(value)}`);
  }
}

/** A value as messages show it. What is in objects is not shown: it may be secret. */
export function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : inspect(value, { depth: -1 });
}
