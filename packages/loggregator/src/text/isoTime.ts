const second = 1_000_000_000n;

/** Formats nanoseconds since the UNIX epoch as ISO 8601 in UTC: `2026-01-31T12:00:00.123456789Z`. */
export function isoTime(timestamp: bigint): string {
  const fraction = ((timestamp % second) + second) % second;
  const date = new Date(Number((timestamp - fraction) / 1_000_000n)).toISOString();
  return `${date.slice(0, -4)}${String(fraction).padStart(9, "0")}Z`;
}
