/**
 * A duration in milliseconds.
 *
 * @throws RangeError where it is no positive, finite number.
 */
export function positiveMs(name: string, value: number): number {
  if (!(Number.isFinite(value) && value > 0)) {
    throw new RangeError(
      `${name}: expected a positive number of milliseconds, got ${String(value)}`,
    );
  }
  return value;
}

/**
 * A number of things.
 *
 * @throws RangeError where it is no positive whole number.
 */
export function wholeNumber(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name}: expected a positive whole number, got ${String(value)}`);
  }
  return value;
}
