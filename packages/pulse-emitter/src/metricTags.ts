import {
  checkOptionNames,
  inRange,
  mapWith,
  objectArgument,
  stringArgument,
} from "@loggregator/core";
import type { MetricOptions, MetricVersion } from "./options.js";

/**
 * Returns a copy of a metric's tags, including its version.
 *
 * @throws TypeError, RangeError for an invalid or unknown option.
 */
export function metricTags(options: MetricOptions): Record<string, string> {
  checkOptionNames<MetricOptions>("options", options, { version: true, tags: true });
  const { tags = {}, version } = options;
  objectArgument("tags", tags);
  for (const [name, value] of Object.entries(tags)) {
    stringArgument(`tags[${JSON.stringify(name)}]`, value);
  }
  const copy = mapWith(tags, (value) => value);
  if (version !== undefined) {
    checkOptionNames<MetricVersion>("version", version, { major: true, minor: true });
    const major = versionNumber("version.major", version.major);
    const minor = versionNumber("version.minor", version.minor);
    copy["metric_version"] = `${major}.${minor}`;
  }
  return copy;
}

function versionNumber(name: string, value: number): number {
  return inRange(
    name,
    value,
    "an integer from 0",
    (value) => Number.isSafeInteger(value) && value >= 0,
  );
}
