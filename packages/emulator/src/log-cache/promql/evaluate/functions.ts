import type { ValueType } from "../parse/expression.js";

/** A value at a time. */
export interface Point {
  /** In UNIX milliseconds. */
  readonly time: number;
  readonly value: number;
}

/** The functions that Prometheus 2.13 has, with the types of the arguments of those supported here. */
export const functions: Readonly<Record<string, readonly ValueType[] | undefined>> = {
  ...Object.fromEntries(
    [
      "abs",
      "absent",
      "ceil",
      "changes",
      "clamp_max",
      "clamp_min",
      "days_in_month",
      "day_of_month",
      "day_of_week",
      "deriv",
      "exp",
      "floor",
      "histogram_quantile",
      "holt_winters",
      "hour",
      "idelta",
      "irate",
      "label_replace",
      "label_join",
      "ln",
      "log10",
      "log2",
      "minute",
      "month",
      "predict_linear",
      "resets",
      "round",
      "scalar",
      "sort",
      "sort_desc",
      "sqrt",
      "time",
      "timestamp",
      "vector",
      "year",
    ].map((name) => [name, undefined]),
  ),
  avg_over_time: ["matrix"],
  count_over_time: ["matrix"],
  delta: ["matrix"],
  increase: ["matrix"],
  max_over_time: ["matrix"],
  min_over_time: ["matrix"],
  quantile_over_time: ["scalar", "matrix"],
  rate: ["matrix"],
  stddev_over_time: ["matrix"],
  stdvar_over_time: ["matrix"],
  sum_over_time: ["matrix"],
};

/** The range of points that a function is called with. */
export interface Range {
  /** At least one. */
  readonly points: readonly Point[];
  /** In UNIX milliseconds. */
  readonly start: number;
  readonly end: number;
  /** The argument before the range. */
  readonly parameter: number;
}

/** The functions of ranges. They return undefined if there is no value. */
export const rangeFunctions: Readonly<Record<string, (range: Range) => number | undefined>> = {
  avg_over_time: ({ points }) => {
    let mean = 0;
    for (const [i, { value }] of points.entries()) {
      mean += (value - mean) / (i + 1);
    }
    return mean;
  },
  count_over_time: ({ points }) => points.length,
  delta: (range) => extrapolated(range, false),
  increase: (range) => extrapolated(range, true),
  max_over_time: ({ points }) => extreme(points, (value, max) => value > max),
  min_over_time: ({ points }) => extreme(points, (value, min) => value < min),
  quantile_over_time: ({ points, parameter }) =>
    quantile(
      parameter,
      points.map(({ value }) => value),
    ),
  rate: (range) => {
    const increase = extrapolated(range, true);
    return increase === undefined ? undefined : increase / ((range.end - range.start) / 1000);
  },
  stddev_over_time: ({ points }) => Math.sqrt(variance(points)),
  stdvar_over_time: ({ points }) => variance(points),
  sum_over_time: ({ points }) => points.reduce((sum, { value }) => sum + value, 0),
};

/** The extreme value; NaN only if all are. */
function extreme(
  points: readonly Point[],
  isMore: (value: number, than: number) => boolean,
): number {
  let found = points[0]?.value ?? Number.NaN;
  for (const { value } of points) {
    if (isMore(value, found) || Number.isNaN(found)) {
      found = value;
    }
  }
  return found;
}

function variance(points: readonly Point[]): number {
  let mean = 0;
  let sum = 0;
  for (const [i, { value }] of points.entries()) {
    const delta = value - mean;
    mean += delta / (i + 1);
    sum += delta * (value - mean);
  }
  return sum / points.length;
}

function quantile(q: number, values: number[]): number {
  if (q < 0) {
    return Number.NEGATIVE_INFINITY;
  }
  if (q > 1) {
    return Number.POSITIVE_INFINITY;
  }
  // NaN is the smallest.
  values.sort((a, b) => (Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : a - b));
  const rank = q * (values.length - 1);
  const low = values[Math.max(0, Math.floor(rank))] ?? Number.NaN;
  const high = values[Math.min(values.length - 1, Math.floor(rank) + 1)] ?? Number.NaN;
  const weight = rank - Math.floor(rank);
  return low * (1 - weight) + high * weight;
}

/** Returns the change of a value in the range, extrapolated to its ends as in Prometheus. */
function extrapolated({ points, start, end }: Range, isCounter: boolean): number | undefined {
  const first = points[0] as Point;
  const last = points.at(-1) as Point;
  if (points.length < 2) {
    return undefined;
  }
  let change = last.value - first.value;
  if (isCounter) {
    let before = 0;
    for (const { value } of points) {
      // A counter that falls has been reset.
      change += value < before ? before : 0;
      before = value;
    }
  }
  const sampled = (last.time - first.time) / 1000;
  const average = sampled / (points.length - 1);
  let toStart = (first.time - start) / 1000;
  const toEnd = (end - last.time) / 1000;
  if (isCounter && change > 0 && first.value >= 0) {
    // A counter is not negative.
    toStart = Math.min(toStart, sampled * (first.value / change));
  }
  const threshold = average * 1.1;
  const interval =
    sampled +
    (toStart < threshold ? toStart : average / 2) +
    (toEnd < threshold ? toEnd : average / 2);
  return change * (interval / sampled);
}
