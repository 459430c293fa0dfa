/** The longest delay that timers know, 2^31 - 1 ms. */
const maxTimerMs = 0x7fff_ffff;

/** @throws RangeError where it is no delay that timers know. */
export function checkDelay(name: string, value: number): number {
  if (typeof value === "number" && value >= 0 && value <= maxTimerMs) return value;
  throw new RangeError(`${name}: expected milliseconds from 0 to ${maxTimerMs}, got ${value}`);
}

/** @throws RangeError where it is no time that timers know, and not `Infinity`. */
export function checkTimeout(name: string, value: number): number {
  if (value === Number.POSITIVE_INFINITY) return value;
  if (typeof value === "number" && value > 0 && value <= maxTimerMs) return value;
  throw new RangeError(
    `${name}: expected milliseconds, more than 0 and at most ${maxTimerMs}, or Infinity, got ${value}`,
  );
}

/** @throws RangeError where it is no whole number from `least` up, and not `Infinity`. */
export function checkAtLeast(name: string, value: number, least: number): number {
  if ((Number.isInteger(value) && value >= least) || value === Number.POSITIVE_INFINITY) {
    return value;
  }
  throw new RangeError(
    `${name}: expected a whole number from ${least} up, or Infinity, got ${value}`,
  );
}

/** @throws TypeError where it is given and no AbortSignal: a controller, most often. */
export function checkSignal(name: string, value: AbortSignal | null | undefined): void {
  if (value === undefined || typeof value?.addEventListener === "function") return;
  throw new TypeError(`${name}: expected an AbortSignal, got ${String(value)}`);
}
