import {
  type EgressBatchRequest,
  type Selector,
  selectCounter,
  selectEvent,
  selectGauge,
  selectLog,
  selectTimer,
} from "@loggregator/api";
import {
  emptyQuery,
  type GatewayRefusal,
  missingCounterName,
  missingEnvelopeType,
  missingGaugeName,
} from "./gatewayRefusal.js";

const types = ["log", "counter", "counter.name", "gauge", "gauge.name", "timer", "event"];

/**
 * What a query asks the RLP for, or why it is refused. Every type is selected from every source;
 * names make a plain `counter` or `gauge` beside them void.
 */
export function readQuery(query: URLSearchParams): EgressBatchRequest | GatewayRefusal {
  if (query.size === 0) {
    return emptyQuery;
  }
  if (!types.some((type) => query.has(type))) {
    return missingEnvelopeType;
  }
  if (query.getAll("counter.name").includes("")) {
    return missingCounterName;
  }
  if (query.getAll("gauge.name").includes("")) {
    return missingGaugeName;
  }
  const sourceIds = query.has("source_id") ? query.getAll("source_id") : [""];
  return {
    shardId: query.get("shard_id") ?? "",
    deterministicName: query.get("deterministic_name") ?? "",
    selectors: sourceIds.flatMap((sourceId) => selectorsOf(query, sourceId)),
    usePreferredTags: true,
    legacySelector: undefined,
  };
}

function selectorsOf(query: URLSearchParams, sourceId: string): Selector[] {
  const selectors: Selector[] = [];
  const counters = query.getAll("counter.name");
  const gauges = query.getAll("gauge.name");
  if (query.has("log")) {
    selectors.push(selectLog({ sourceId }));
  }
  if (counters.length > 0) {
    selectors.push(...counters.map((name) => selectCounter({ sourceId, name })));
  } else if (query.has("counter")) {
    selectors.push(selectCounter({ sourceId }));
  }
  if (gauges.length > 0) {
    selectors.push(...gauges.map((names) => selectGauge({ sourceId, names: names.split(",") })));
  } else if (query.has("gauge")) {
    selectors.push(selectGauge({ sourceId }));
  }
  if (query.has("timer")) {
    selectors.push(selectTimer({ sourceId }));
  }
  if (query.has("event")) {
    selectors.push(selectEvent({ sourceId }));
  }
  return selectors;
}
