/** `12345` as `12,345`. */
export function grouped(value: number | bigint): string {
  return value.toLocaleString("en-US");
}

/** A rate, with one decimal below 1,000. */
export function rate(perSecond: number): string {
  return perSecond.toLocaleString("en-US", { maximumFractionDigits: perSecond < 1000 ? 1 : 0 });
}

/** Nanoseconds in a unit that suits them, rounded: `366 ms`. */
export function duration(nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (size < 1_000n) {
    return `${nanoseconds} ns`;
  }
  if (size < 1_000_000n) {
    return `${rounded(Number(nanoseconds) / 1e3)} µs`;
  }
  if (size < 10_000_000_000n) {
    return `${rounded(Number(nanoseconds) / 1e6)} ms`;
  }
  return `${rounded(Number(nanoseconds) / 1e9)} s`;
}

const binaryUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** A number of bytes in a binary unit: `114 MiB`. */
export function bytes(value: number): string {
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1024 && unit < binaryUnits.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${rounded(size)} ${binaryUnits[unit]}`;
}

/** `34.2 %`. */
export function percent(value: number): string {
  return `${rounded(value)} %`;
}

/**
 * Formats the value of a metric with its unit for people: percentages as `34.2 %`, bytes in binary
 * units, nanoseconds in a suitable unit, and others unchanged.
 */
export function amount(value: number, unit: string): string {
  if (!Number.isFinite(value)) {
    return `${value} ${unit}`.trimEnd();
  }
  switch (unit.toLowerCase()) {
    case "percentage":
    case "percent":
    case "%":
      return percent(value);
    case "bytes":
    case "byte":
      return bytes(value);
    case "b/s":
    case "bytes/s":
      return `${bytes(value)}/s`;
    case "nanoseconds":
    case "ns":
      return duration(BigInt(Math.round(value)));
    default:
      return `${plain(value)} ${unit}`.trimEnd();
  }
}

function plain(value: number): string {
  // The formatter would round it to 0.
  if (value !== 0 && Math.abs(value) < 1e-3) {
    return String(value);
  }
  return value.toLocaleString("en-US", { maximumFractionDigits: 6 });
}

/** Three significant digits, or all digits before the point. */
function rounded(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) {
    return value.toFixed(0);
  }
  return String(Number(value.toPrecision(3)));
}

/** `1 envelope`, `2 envelopes`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}
