// The time of envelopes that were given none. The system's clock has milliseconds; envelopes of
// one millisecond get one nanosecond more each, so that readers who sort by timestamp, as most
// do, keep the order in which they were made.

let lastMilliseconds = 0;
let sequence = 0;

/** The present moment in UNIX nanoseconds, as milliseconds and nanoseconds beyond them. */
export function tick(): number {
  const now = Date.now();
  if (now === lastMilliseconds) {
    // A millisecond has room for 999,999.
    if (sequence < 999_999) sequence++;
  } else {
    lastMilliseconds = now;
    sequence = 0;
  }
  return now;
}

/** The nanoseconds beyond the millisecond that the last `tick()` returned. */
export function tickNanoseconds(): number {
  return sequence;
}

/** The present moment in UNIX nanoseconds. */
export function nowNanoseconds(): bigint {
  return BigInt(tick()) * 1_000_000n + BigInt(tickNanoseconds());
}
