/** The longest that a timer can wait; longer, it would not wait at all. */
const MAX = 2_147_483_647;

/** @throws RangeError where it is no number of milliseconds from `min` that a timer can wait */
export function checkMilliseconds(name: string, ms: number, min: 0 | 1): void {
  if (!(ms >= min && ms <= MAX)) {
    throw new RangeError(`${name}: expected milliseconds from ${min} to ${MAX}, got ${ms}`);
  }
}
