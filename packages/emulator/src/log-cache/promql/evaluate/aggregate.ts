import { unsupported } from "../errors.js";
import type { Aggregation } from "../parse/expression.js";
import { goQuoted } from "../parse/goQuoted.js";
import type { Series } from "./evaluation.js";
import { dropLabels, keepLabels, labelsKey } from "./labels.js";

const aggregators: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  count: (values) => values.length,
  avg: (values) => {
    let mean = 0;
    for (const [i, value] of values.entries()) {
      mean += (value - mean) / (i + 1);
    }
    return mean;
  },
  // NaN counts only if there are no other values.
  min: (values) => values.reduce((min, value) => (min > value || Number.isNaN(min) ? value : min)),
  max: (values) => values.reduce((max, value) => (max < value || Number.isNaN(max) ? value : max)),
};

/** Aggregates the series of each group, step by step. */
export function aggregate(
  { operator, labels, without }: Aggregation,
  vector: readonly Series[],
  steps: number,
): Series[] {
  const call = aggregators[operator];
  if (call === undefined) {
    throw unsupported(`the aggregation ${goQuoted(operator)}`);
  }
  const groups = new Map<string, { labels: Series["labels"]; members: Series[] }>();
  for (const series of vector) {
    const group = without
      ? dropLabels(series.labels, [...labels, "__name__"])
      : keepLabels(series.labels, labels);
    const key = labelsKey(group);
    const found = groups.get(key);
    if (found === undefined) {
      groups.set(key, { labels: group, members: [series] });
    } else {
      found.members.push(series);
    }
  }
  return [...groups.values()].map(({ labels, members }) => ({
    labels,
    values: Array.from({ length: steps }, (_, step) => {
      const values = members
        .map((series) => series.values[step])
        .filter((value) => value !== undefined);
      return values.length === 0 ? undefined : call(values);
    }),
  }));
}
