// The timestamps of envelopes that are created without one. The system clock has a resolution of
// milliseconds; each further envelope of the same millisecond gets one nanosecond more, so that
// readers that sort by timestamp keep the order of creation.

let lastMilliseconds = 0;
let sequence = 0;
// The moment in UNIX nanoseconds, in two halves of 32 bits, which can be written without a bigint.
let lower = 0;
let upper = 0;

/** Reads the current time, which `tickLower()` and `tickUpper()` return. */
export function tick(): void {
  const now = Date.now();
  if (now !== lastMilliseconds) {
    lastMilliseconds = now;
    sequence = 0;
    const lowPart = (now % 0x1_0000_0000) * 1_000_000;
    lower = lowPart % 0x1_0000_0000;
    upper = Math.floor(now / 0x1_0000_0000) * 1_000_000 + Math.floor(lowPart / 0x1_0000_0000);
  } else if (sequence < 999_999) {
    // A millisecond has room for 999,999.
    sequence++;
    lower++;
    if (lower === 0x1_0000_0000) {
      lower = 0;
      upper++;
    }
  }
}

/** The lower 32 bits of the moment that `tick()` took, in UNIX nanoseconds. */
export function tickLower(): number {
  return lower;
}

/** The upper 32 bits of the moment that `tick()` took. */
export function tickUpper(): number {
  return upper;
}

/** Returns the current time in UNIX nanoseconds. */
export function nowNanoseconds(): bigint {
  tick();
  return (BigInt(upper) << 32n) | BigInt(lower);
}
