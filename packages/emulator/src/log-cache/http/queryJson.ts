import { decimalText } from "@loggregator/core";
import type { Point } from "../promql/evaluate/functions.js";
import type { Labels } from "../promql/evaluate/labels.js";
import type { QueryResult } from "../promql/evaluate/queries.js";
import { goJson } from "./apiMessage.js";

/** Formats the result of a query like Prometheus. */
export function queryJson(result: QueryResult): string {
  return `{"status":"success","data":{"resultType":"${result.type}","result":${resultJson(result)}}}`;
}

function resultJson(result: QueryResult): string {
  switch (result.type) {
    case "scalar":
      return pointJson(result.point);
    case "vector":
      return `[${result.samples.map(
        ({ labels, point }) => `{"metric":${metricJson(labels)},"value":${pointJson(point)}}`,
      )}]`;
    case "matrix":
      return `[${result.series.map(
        ({ labels, points }) =>
          `{"metric":${metricJson(labels)},"values":[${points.map(pointJson)}]}`,
      )}]`;
  }
}

function metricJson(labels: Labels): string {
  return `{${labels.map(([name, value]) => `${goJson(name)}:${goJson(value)}`)}}`;
}

function pointJson({ time, value }: Point): string {
  return `[${(time / 1000).toFixed(3)},"${decimalText(value)}"]`;
}
