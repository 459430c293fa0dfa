import { Envelope } from "@loggregator/api";
import { setOwn } from "@loggregator/core";
import type { QuerySource } from "../../logCacheNode.js";
import { promqlError } from "../errors.js";
import { type Matcher, sourceIdsOf } from "../parse/expression.js";
import type { Point } from "./functions.js";
import { type Labels, labelsKey, sortedLabels } from "./labels.js";

/** The points of one set of labels, as they are stored. */
export interface StoredSeries {
  readonly labels: Labels;
  readonly points: Point[];
}

/**
 * Returns the series that a selector selects, as in log-cache: every matcher tests equality of tags
 * only, times are truncated to seconds, and special characters in names are compared as `_`.
 *
 * @param start In UNIX milliseconds.
 * @param end In UNIX milliseconds, not included.
 * @throws ServerError UNKNOWN if it names no source.
 */
export function selectSeries(
  source: QuerySource,
  matchers: readonly Matcher[],
  start: number,
  end: number,
): StoredSeries[] {
  const metric = matchers.findLast(({ label }) => label === "__name__")?.value ?? "";
  const sourceIds = sourceIdsOf(matchers);
  if (sourceIds.size === 0) {
    throw promqlError(`metric '${metric}' does not have a 'source_id' label`);
  }
  const tags = matchers.filter(({ label }) => label !== "__name__" && label !== "source_id");
  const series = new Map<string, StoredSeries>();
  const range = {
    // A second earlier, as times are truncated to seconds.
    start: BigInt(Math.trunc(start) - 1000) * 1_000_000n,
    end: BigInt(Math.trunc(end)) * 1_000_000n,
    descending: false,
  };
  for (const sourceId of sourceIds) {
    source.visit(sourceId, range, ({ bytes, type }) => {
      if (type === "counter" || type === "gauge" || type === "timer") {
        const envelope = Envelope.decode(bytes);
        const value = metricValue(envelope, metric);
        if (value !== undefined && hasTags(envelope, tags)) {
          addPoint(series, envelope, value);
        }
      }
      return false;
    });
  }
  return [...series.values()];
}

/** A metric's name as PromQL can name it. */
export function sanitizeName(name: string): string {
  return name.replace(/^[^A-z_]|\W/gu, "_");
}

function metricValue({ message }: Envelope, metric: string): number | undefined {
  switch (message?.$case) {
    case "counter":
      return sanitizeName(message.value.name) === metric ? Number(message.value.total) : undefined;
    case "timer": {
      const { name, start, stop } = message.value;
      return sanitizeName(name) === metric ? Number(BigInt.asIntN(64, stop - start)) : undefined;
    }
    case "gauge":
      for (const [name, gauge] of Object.entries(message.value.metrics)) {
        if (sanitizeName(name) === metric) {
          return gauge?.value ?? 0;
        }
      }
      return undefined;
    default:
      return undefined;
  }
}

function hasTags({ tags }: Envelope, matchers: readonly Matcher[]): boolean {
  return matchers.every(({ label, value }) => Object.hasOwn(tags, label) && tags[label] === value);
}

function addPoint(series: Map<string, StoredSeries>, envelope: Envelope, value: number): void {
  const { tags, sourceId, instanceId, timestamp } = envelope;
  setOwn(tags, "source_id", sourceId);
  if (instanceId !== "") {
    setOwn(tags, "instance_id", instanceId);
  }
  const labels = sortedLabels(tags);
  const key = labelsKey(labels);
  let found = series.get(key);
  if (found === undefined) {
    found = { labels, points: [] };
    series.set(key, found);
  }
  found.points.push({ time: Number(timestamp / 1_000_000_000n) * 1000, value });
}
