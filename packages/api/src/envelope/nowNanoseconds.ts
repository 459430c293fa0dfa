// The default timestamps of envelopes. The system clock has a resolution of milliseconds; within a
// millisecond, each timestamp is one nanosecond above the previous one, so that readers that sort
// by timestamp keep the order of creation.

let lastMilliseconds = 0;
let sequence = 0;
// The time in UNIX nanoseconds: its lower and its upper 32 bits, which can be written without a
// bigint. Plain variables with numbers of this size would be allocated for each change.
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
    // A millisecond has room for 999,999 more.
    sequence++;
    halves[0] = tickLower() + 1;
    if (halves[0] === 0) {
      halves[1] = tickUpper() + 1;
    }
  }
}

/** Returns the lower 32 bits of the time that `tick()` has read, in UNIX nanoseconds. */
export function tickLower(): number {
  return halves[0] as number;
}

/** Returns the upper 32 bits of the time that `tick()` has read. */
export function tickUpper(): number {
  return halves[1] as number;
}

/** Returns the current time in UNIX nanoseconds. */
export function nowNanoseconds(): bigint {
  tick();
  return (BigInt(tickUpper()) << 32n) | BigInt(tickLower());
}
