import type { Envelope } from "@loggregator/api";
import type { EmulatedDrain } from "./drainOptions.js";

/** Returns whether a drain sends an envelope. Events belong to the logs, as in the syslog agent. */
export function drainFilter(drain: EmulatedDrain): (envelope: Envelope) => boolean {
  const { drainData = "logs", includeLogTypes, excludeLogTypes = [], sourceId } = drain;
  const types = {
    logs: ["log", "event"],
    metrics: ["counter", "gauge"],
    traces: ["timer"],
    all: ["log", "event", "counter", "gauge", "timer"],
  }[drainData];
  const isOf = (type: string, all: readonly string[]) =>
    all.some((prefix) => type.toUpperCase().startsWith(prefix.toUpperCase()));
  return ({ sourceId: source, message, tags }) => {
    if (message === undefined || !types.includes(message.$case)) {
      return false;
    }
    if (sourceId !== undefined && sourceId !== source) {
      return false;
    }
    if (message.$case !== "log") {
      return true;
    }
    const type = tags["source_type"] ?? "";
    return (
      (includeLogTypes === undefined || isOf(type, includeLogTypes)) && !isOf(type, excludeLogTypes)
    );
  };
}
