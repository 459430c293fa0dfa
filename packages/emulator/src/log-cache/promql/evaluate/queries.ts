import type { QuerySource } from "../../logCacheNode.js";
import { promqlError } from "../errors.js";
import { typeNames, valueType } from "../parse/expression.js";
import { goQuoted } from "../parse/goQuoted.js";
import { parseExpression } from "../parse/parseExpression.js";
import { parseStep, parseTime } from "../times.js";
import { Evaluation, maxSteps, pointsOf, type Series } from "./evaluation.js";
import type { Point } from "./functions.js";
import { type Labels, labelsKey } from "./labels.js";

/** The result of a query; times are UNIX milliseconds. */
export type QueryResult =
  | { readonly type: "scalar"; readonly point: Point }
  | { readonly type: "vector"; readonly samples: readonly { labels: Labels; point: Point }[] }
  | { readonly type: "matrix"; readonly series: readonly { labels: Labels; points: Point[] }[] };

/**
 * Evaluates a query at one time.
 *
 * @param time As in the request; empty: now, truncated to a second.
 * @param nowMs In UNIX milliseconds.
 * @throws ServerError UNKNOWN with log-cache's text; UNIMPLEMENTED for unsupported features.
 */
export function instantQuery(
  source: QuerySource,
  query: string,
  time: string,
  nowMs: number,
): QueryResult {
  const at = time === "" ? Math.floor(nowMs / 1000) * 1000 : parseTime(time);
  const expression = parseExpression(query);
  const steps = { start: at, end: at, interval: 1 };
  const evaluation = Evaluation.prepare(source, expression, steps);
  let unwrapped = expression;
  while (unwrapped.kind === "parentheses") {
    unwrapped = unwrapped.expression;
  }
  if (unwrapped.kind === "matrix" || unwrapped.kind === "subquery") {
    return { type: "matrix", series: evaluation.range(unwrapped).sort(byLabels) };
  }
  const { scalar, vector } = evaluation.evaluate(expression);
  if (scalar !== undefined) {
    return { type: "scalar", point: { time: at, value: scalar[0] ?? Number.NaN } };
  }
  const samples: { labels: Labels; point: Point }[] = [];
  for (const { labels, values } of [...vector].sort(byLabels)) {
    const [value] = values;
    if (value !== undefined) {
      samples.push({ labels, point: { time: at, value } });
    }
  }
  return { type: "vector", samples };
}

/** The fields of `logcache.v1.PromQL.RangeQueryRequest`. */
export interface RangeQuery {
  readonly query: string;
  readonly start: string;
  readonly end: string;
  readonly step: string;
}

/**
 * Evaluates a query at several times.
 *
 * @param onTooMany Returns the error for more points than a real node could evaluate.
 * @throws ServerError UNKNOWN with log-cache's text; UNIMPLEMENTED for unsupported features.
 */
export function rangeQuery(
  source: QuerySource,
  { query, start, end, step }: RangeQuery,
  onTooMany: (points: number) => Error,
): QueryResult {
  const steps = {
    interval: named("step", () => parseStep(step)),
    start: named("start", () => parseTime(start)),
    end: named("end", () => parseTime(end)),
  };
  const expression = parseExpression(query);
  const type = valueType(expression);
  if (type !== "scalar" && type !== "vector") {
    throw promqlError(
      `invalid expression type ${goQuoted(typeNames[type])} for range query, must be Scalar or instant Vector`,
    );
  }
  const evaluation = Evaluation.prepare(source, expression, steps);
  if (steps.interval === 0) {
    throw promqlError("unexpected error: runtime error: integer divide by zero");
  }
  const points = (steps.end - steps.start) / steps.interval;
  if (points > maxSteps) {
    throw onTooMany(Math.floor(points) + 1);
  }
  const { scalar, vector } = evaluation.evaluate(expression);
  const series: readonly Series[] = vector ?? [{ labels: [], values: scalar ?? [] }];
  return {
    type: "matrix",
    series: [...series]
      .sort(byLabels)
      .map(({ labels, values }) => ({ labels, points: pointsOf(values, steps) }))
      .filter(({ points }) => points.length > 0),
  };
}

function named<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw promqlError(`couldn't parse ${name}: ${(error as { details: string }).details}`);
  }
}

/** Prometheus sorts the series of range queries only; the order of others is undefined. */
function byLabels(a: { readonly labels: Labels }, b: { readonly labels: Labels }): number {
  return labelsKey(a.labels) < labelsKey(b.labels) ? -1 : 1;
}
