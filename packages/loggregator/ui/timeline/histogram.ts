/** A range of time in milliseconds: from (inclusive) and to (exclusive). */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** Counts of envelopes in bins of equal length. */
export interface Histogram extends TimeRange {
  /** The length of a bin in milliseconds. */
  readonly binMs: number;
  readonly counts: readonly number[];
  /** The part of the counts that are errors. */
  readonly errors: readonly number[];
}

/** Values of `binMs`: round lengths. */
const lengths = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800].map((seconds) => seconds * 1_000),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * 3_600_000),
];

/**
 * Counts the values in at most `maxBins` bins.
 *
 * @param count The number of values.
 * @param timeOf The time of a value, in milliseconds.
 * @param bounds Given ends of the range. Others are those of the values, without outliers.
 */
export function histogramOf(
  count: number,
  timeOf: (index: number) => number,
  isError: (index: number) => boolean,
  bounds: { readonly from?: number | undefined; readonly to?: number | undefined },
  maxBins: number,
): Histogram | undefined {
  const range = rangeOf(count, timeOf, bounds);
  if (range === undefined) {
    return undefined;
  }
  const binMs = binLength(range.to - range.from, maxBins - 1);
  const from = Math.floor(range.from / binMs) * binMs;
  const bins = Math.max(1, Math.ceil((range.to - from) / binMs));
  const counts = new Array<number>(bins).fill(0);
  const errors = new Array<number>(bins).fill(0);
  for (let index = 0; index < count; index += 1) {
    const bin = Math.floor((timeOf(index) - from) / binMs);
    if (bin >= 0 && bin < bins) {
      counts[bin] = (counts[bin] ?? 0) + 1;
      if (isError(index)) {
        errors[bin] = (errors[bin] ?? 0) + 1;
      }
    }
  }
  return { from, to: from + bins * binMs, binMs, counts, errors };
}

function binLength(span: number, maxBins: number): number {
  const least = span / maxBins;
  return lengths.find((length) => length >= least) ?? Math.ceil(least / 86_400_000) * 86_400_000;
}

/**
 * The range of the values. Clocks can be wrong: a value far from nearly all others does not count.
 */
function rangeOf(
  count: number,
  timeOf: (index: number) => number,
  { from, to }: { readonly from?: number | undefined; readonly to?: number | undefined },
): TimeRange | undefined {
  if (count === 0) {
    return undefined;
  }
  const step = Math.max(1, Math.floor(count / 200));
  const sample: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index += 1) {
    const time = timeOf(index);
    least = Math.min(least, time);
    most = Math.max(most, time);
    if (index % step === 0) {
      sample.push(time);
    }
  }
  sample.sort((a, b) => a - b);
  const low = sample[Math.floor(sample.length * 0.05)] ?? least;
  const high = sample[Math.ceil(sample.length * 0.95) - 1] ?? most;
  const margin = Math.max(high - low, 1_000);
  const start = from ?? Math.max(least, low - margin);
  const end = to ?? Math.min(most, high + margin) + 1;
  return { from: start, to: Math.max(end, start + 1) };
}
