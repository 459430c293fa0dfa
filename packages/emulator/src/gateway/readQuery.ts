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
  missingEnvelopeType,
  streamingUnavailable,
} from "./gatewayRefusal.js";
import type { QueryParameters } from "./queryParameters.js";

const types = ["log", "counter", "counter.name", "gauge", "gauge.name", "timer", "event"];

/**
 * Returns the request to the RLP for a query, or the refusal. Every type is selected from every
 * source; names replace a plain `counter` or `gauge`. Values of types are ignored.
 */
export function readQuery(query: QueryParameters): EgressBatchRequest | GatewayRefusal {
  if (query.size === 0) {
    return emptyQuery;
  }
  if (!types.some((type) => query.has(type))) {
    return missingEnvelopeType;
  }
  // The gateway cannot encode such a request to the RLP.
  if (!query.isUtf8) {
    return streamingUnavailable;
  }
  const sourceIds = query.has("source_id") ? query.all("source_id") : [""];
  return {
    shardId: query.all("shard_id")[0] ?? "",
    deterministicName: query.all("deterministic_name")[0] ?? "",
    selectors: sourceIds.flatMap((sourceId) => selectorsOf(query, sourceId)),
    usePreferredTags: true,
    legacySelector: undefined,
  };
}

function selectorsOf(query: QueryParameters, sourceId: string): Selector[] {
  const selectors: Selector[] = [];
  const counters = query.all("counter.name");
  const gauges = query.all("gauge.name");
  if (query.has("log")) {
    selectors.push(selectLog({ sourceId }));
  }
  if (counters.length > 0) {
    // An empty name selects all counters.
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
