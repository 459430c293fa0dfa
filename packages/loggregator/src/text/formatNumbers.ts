/** `12345` as `12,345`. */
export function grouped(value: number | bigint): string {
  return value.toLocaleString("en-US");
}

/** A rate, with one decimal below 1,000. */
export function rate(perSecond: number): string {
  return perSecond.toLocaleString("en-US", { maximumFractionDigits: perSecond < 1000 ? 1 : 0 });
}

/** Nanoseconds in a unit that suits them. */
export function duration(nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (size < 1_000n) return `${nanoseconds} ns`;
  if (size < 1_000_000n) return `${Number(nanoseconds) / 1e3} µs`;
  if (size < 10_000_000_000n) return `${Number(nanoseconds) / 1e6} ms`;
  return `${Number(nanoseconds) / 1e9} s`;
}

/** `1 envelope`, `2 envelopes`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}
