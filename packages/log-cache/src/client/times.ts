/** A point in time: nanoseconds since the UNIX epoch, as in envelopes, or a `Date`. */
export type Time = bigint | Date;

/** The largest timestamp; as the end of a range, which is exclusive, it includes all others. */
export const latestTime = 2n ** 63n - 1n;

/** Returns the later of two times. The first may be undefined. */
export function later(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || b > a ? b : a;
}

/** Returns the earlier of two times. The first may be undefined. */
export function earlier(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || b < a ? b : a;
}

/** Converts milliseconds to nanoseconds. */
export function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6));
}

/** Compares two times, for `sort`. */
export function compareTimes(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
