import { setOwn } from "@loggregator/core";
import { pointOf } from "../promql/pointOf.js";
import type { Point, QueryResult } from "../promql/queryResult.js";

/**
 * Parses the body of an answer to a query, in Prometheus's format.
 *
 * @throws SyntaxError for anything else.
 */
export function parseQueryResult(text: string): QueryResult {
  const { data } = fields(JSON.parse(text));
  const { resultType, result } = fields(data);
  switch (resultType) {
    case "scalar":
      return { resultType, result: point(result) };
    case "vector":
      return {
        resultType,
        result: list(result).map((sample) => {
          const { metric, value } = fields(sample);
          return { metric: labels(metric), point: point(value) };
        }),
      };
    case "matrix":
      return {
        resultType,
        result: list(result).map((series) => {
          const { metric, values } = fields(series);
          return { metric: labels(metric), points: list(values).map(point) };
        }),
      };
    default:
      throw new SyntaxError("resultType must be scalar, vector or matrix");
  }
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new SyntaxError("expected an object");
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) {
    return value;
  }
  throw new SyntaxError("expected an array");
}

function labels(value: unknown): Record<string, string> {
  const metric: Record<string, string> = {};
  for (const [name, label] of Object.entries(fields(value))) {
    setOwn(metric, name, String(label));
  }
  return metric;
}

/** Parses `[1795643528.000, "90"]`. Values are strings, as JSON has no `NaN` and `+Inf`. */
function point(pair: unknown): Point {
  const [time, value] = list(pair);
  if (typeof time !== "number" || typeof value !== "string") {
    throw new SyntaxError("a point must be a time and a value");
  }
  return pointOf(time.toFixed(3), number(value));
}

const special: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  "+Inf": Number.POSITIVE_INFINITY,
  Inf: Number.POSITIVE_INFINITY,
  "-Inf": Number.NEGATIVE_INFINITY,
};

function number(text: string): number {
  if (Object.hasOwn(special, text)) {
    return special[text] as number;
  }
  const value = Number(text);
  if (text === "" || Number.isNaN(value)) {
    throw new SyntaxError("a point's value must be a number");
  }
  return value;
}
