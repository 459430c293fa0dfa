/** `12345` as `12,345`. */
export function grouped(value: number | bigint): string {
  return value.toLocaleString("en-US");
}

/** A rate, with one decimal below 1,000. */
export function rate(perSecond: number): string {
  return perSecond.toLocaleString("en-US", { maximumFractionDigits: perSecond < 1000 ? 1 : 0 });
}

/** The units of durations: each is used below its limit. */
const shortUnits = [
  { unit: "ns", size: 1, limit: 1_000 },
  { unit: "µs", size: 1e3, limit: 1_000 },
  { unit: "ms", size: 1e6, limit: 10_000 },
  { unit: "s", size: 1e9, limit: 60 },
] as const;

/** Two units of a longer duration: the larger one is `ratio` of the smaller one. */
const longUnits = [
  { units: ["m", "s"], size: 1e9, ratio: 60, limit: 3_600 },
  { units: ["h", "m"], size: 60e9, ratio: 60, limit: 1_440 },
  { units: ["d", "h"], size: 3_600e9, ratio: 24, limit: Number.POSITIVE_INFINITY },
] as const;

/** Nanoseconds in suitable units, rounded: `366 ms`, `12.3 s`, `1h 2m`. */
export function duration(nanoseconds: bigint): string {
  const value = Number(nanoseconds);
  for (const { unit, size, limit } of shortUnits) {
    // Rounded first: 999.9 µs are 1 ms, not 1000 µs.
    const count = rounded(value / size);
    if (Math.abs(count) < limit) {
      return `${count} ${unit}`;
    }
  }
  const sign = value < 0 ? "-" : "";
  for (const { units, size, ratio, limit } of longUnits) {
    const count = Math.round(Math.abs(value) / size);
    if (count < limit) {
      const rest = count % ratio;
      const [larger, smaller] = units;
      return `${sign}${Math.floor(count / ratio)}${larger}${rest === 0 ? "" : ` ${rest}${smaller}`}`;
    }
  }
  return `${value} ns`;
}

const binaryUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** A number of bytes in a binary unit: `114 MiB`. */
export function bytes(value: number): string {
  let size = value;
  let unit = 0;
  while (Math.abs(rounded(size)) >= 1024 && unit < binaryUnits.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${rounded(size)} ${binaryUnits[unit]}`;
}

/** `34.2 %`. */
export function percent(value: number): string {
  return `${rounded(value)} %`;
}

/** The sizes of units of memory in bytes. Those of KB and MB differ between programs. */
const byteUnits = new Map([
  ["bytes", 1],
  ["byte", 1],
  ["kib", 1024],
  ["mib", 1024 ** 2],
  ["gib", 1024 ** 3],
  ["tib", 1024 ** 4],
]);

/** The sizes of units of time in nanoseconds. */
const timeUnits = new Map(
  Object.entries({
    1: ["ns", "nanoseconds"],
    1e3: ["us", "µs", "microseconds"],
    1e6: ["ms", "milliseconds"],
    1e9: ["s", "seconds"],
  }).flatMap(([size, units]) => units.map((unit) => [unit, Number(size)] as const)),
);

/** The limit of durations, in nanoseconds: 31 years. Larger values are points in time. */
const maxDuration = 1e18;

/**
 * Formats the value of a metric with its unit for people: percentages as `34.2 %`, memory and
 * durations in a suitable unit, and others unchanged.
 */
export function amount(value: number, unit: string): string {
  if (!Number.isFinite(value)) {
    return `${value} ${unit}`.trimEnd();
  }
  const name = unit.toLowerCase();
  const byteSize = byteUnits.get(name);
  if (byteSize !== undefined) {
    return bytes(value * byteSize);
  }
  const nanoseconds = value * (timeUnits.get(name) ?? Number.NaN);
  const size = Math.abs(nanoseconds);
  if (size === 0 || (size >= 1 && size < maxDuration)) {
    return duration(BigInt(Math.round(nanoseconds)));
  }
  switch (name) {
    case "percentage":
    case "percent":
    case "%":
      return percent(value);
    case "b/s":
    case "bytes/s":
      return `${bytes(value)}/s`;
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

/** Rounds to three significant digits, or to an integer. */
function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

/** `1 envelope`, `2 envelopes`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}
