import { decimalText } from "@loggregator/core";
import type { Point, QueryResult, Sample } from "@loggregator/log-cache";
import { UsageError } from "../errors.js";
import { withFlags } from "../explain.js";
import { findApps } from "../read/foundation/appOptions.js";
import type { LogCacheOptions } from "../read/logCacheOptions.js";
import { openLogCache } from "../read/sources/openLogCache.js";
import type { Session } from "../session.js";
import { escapeControls, escapeControlsInJson } from "../text/escapeControls.js";

/** The options of `loggregator query`. */
export interface QueryOptions extends LogCacheOptions {
  readonly time?: Date | undefined;
  readonly start?: Date | undefined;
  readonly end?: Date | undefined;
  readonly step?: string | undefined;
  readonly json?: true | undefined;
}

/** Prints the result of a query. */
export async function query(
  promql: string,
  options: QueryOptions,
  session: Session,
): Promise<void> {
  const { stdout, signal, say } = session;
  const { time, start, end, step, json } = options;
  const rangeOption = end !== undefined ? "--end" : step !== undefined ? "--step" : undefined;
  if (start === undefined && rangeOption !== undefined) {
    throw new UsageError(`${rangeOption} requires --start`);
  }
  if (start !== undefined && time !== undefined) {
    throw new UsageError("--time and --start cannot be combined; remove one of them");
  }
  const until = end ?? new Date();
  if (start !== undefined && start > until) {
    throw new UsageError(
      end === undefined ? "--start must not be in the future" : "--start must be before --end",
    );
  }
  const apps = await findApps(options, say);
  const text = apps === undefined ? promql : withApps(promql, apps);
  const { client } = await openLogCache(options, say);
  await using _ = client;
  const flags = {
    query: "the query",
    time: "--time",
    start: "--start",
    end: "--end",
    step: "--step",
  };
  const result = await withFlags<QueryResult>(flags, () =>
    start === undefined
      ? client.query(text, { time, signal })
      : client.queryRange(text, { start, end: until, step: step ?? "1m", signal }),
  );
  await stdout.write(json ? `${resultJson(result)}\n` : resultText(result), signal);
}

/** Puts GUIDs into a query. */
function withApps(promql: string, guids: readonly string[]): string {
  const list = guids.join("|");
  if (/^[a-zA-Z_:][\w:]*$/.test(promql.trim())) {
    return `${promql.trim()}{source_id=~"${list}"}`;
  }
  if (!promql.includes("$app")) {
    throw new UsageError(
      'with --app, the query must be the name of a metric, or have "$app" where its GUID belongs: cpu{source_id=~"$app"}',
    );
  }
  return promql.replaceAll("$app", list);
}

function resultText(result: QueryResult): string {
  switch (result.resultType) {
    case "scalar":
      return `${decimalText(result.result.value)}\n`;
    case "vector":
      return result.result
        .map(({ metric, point }) => `${labelsText(metric)}  ${decimalText(point.value)}\n`)
        .join("");
    case "matrix":
      return result.result
        .map(
          ({ metric, points }) =>
            `${labelsText(metric)}\n${points.map((point) => `  ${isoTime(point)}  ${decimalText(point.value)}\n`).join("")}`,
        )
        .join("");
  }
}

function labelsText(metric: Sample["metric"]): string {
  const labels = Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ");
  return escapeControls(`{${text}}`);
}

function isoTime({ timestamp }: Point): string {
  return new Date(Number(timestamp / 1_000_000n)).toISOString();
}

/** Formats a result like Prometheus. */
function resultJson({ resultType, result }: QueryResult): string {
  const pointOf = ({ timestamp, value }: Point) => [
    Number(timestamp / 1_000_000n) / 1000,
    decimalText(value),
  ];
  const written =
    resultType === "scalar"
      ? pointOf(result)
      : resultType === "vector"
        ? result.map(({ metric, point }) => ({ metric, value: pointOf(point) }))
        : result.map(({ metric, points }) => ({ metric, values: points.map(pointOf) }));
  return escapeControlsInJson(JSON.stringify({ resultType, result: written }));
}
