// The timestamps of envelopes that are created without one. The system clock has a resolution of
// milliseconds; each further envelope of the same millisecond gets one nanosecond more, so that
// readers that sort by timestamp keep the order of creation.

let lastMilliseconds = 0;
let sequence = 0;
// The moment in UNIX nanoseconds: its lower and its upper 32 bits, which can be written without a
// bigint. Variables with numbers of this size would be allocated anew at each change.
const halves = new Uint32Array(2);

/** Reads the current time, which `tickLower()` and `tickUpper()` return. */
export function tick(): void {
  const now = Date.now();
  if (now !== lastMilliseconds) {
    lastMilliseconds = now;
    sequence = 0;
    const lowPart = (now % 0x1_0000_0000) * 1_000_000;
    halves[0] = lowPart % 0x1_0000_0000;
    halves[1] = Math.floor(now / 0x1_0000_0000) * 1_000_000 + Math.floor(lowPart / 0x1_0000_0000);
  } else if (sequence < 999_999) {
    // A millisecond has room for 999,999.
    sequence++;
    halves[0] = tickLower() + 1;
    if (halves[0] === 0) {
      halves[1] = tickUpper() + 1;
    }
  }
}

/** The lower 32 bits of the moment that `tick()` took, in UNIX nanoseconds. */
export function tickLower(): number {
  return halves[0] as number;
}

/** The upper 32 bits of the moment that `tick()` took. */
export function tickUpper(): number {
  return halves[1] as number;
}

/** Returns the current time in UNIX nanoseconds. */
export function nowNanoseconds(): bigint {
  tick();
  return (BigInt(tickUpper()) << 32n) | BigInt(tickLower());
}
