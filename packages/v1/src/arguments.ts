/** The longest delay that a timer of Node.js keeps; it takes a longer one for 1 ms. */
const maxTimerMs = 2 ** 31 - 1;

/** @throws RangeError where it is no number of milliseconds that a timer keeps. */
export function positiveMs(name: string, value: number): number {
  if (typeof value === "number" && value > 0 && value <= maxTimerMs) return value;
  throw new RangeError(
    `${name}: expected a number of milliseconds above 0 and up to ${maxTimerMs}, got ${String(value)}`,
  );
}

/** @throws RangeError where it is no whole number from 1. */
export function wholeNumber(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(`${name}: expected a positive whole number, got ${String(value)}`);
}

/** @throws TypeError where it is given and no function. */
export function optionalFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === "function") return;
  throw new TypeError(`${name}: expected a function, got ${String(value)}`);
}

/** @throws TypeError where it is given and no AbortSignal. */
export function optionalSignal(name: string, value: AbortSignal | null | undefined): void {
  if (value === undefined || typeof value?.addEventListener === "function") return;
  throw new TypeError(`${name}: expected an AbortSignal, got ${String(value)}`);
}
