import type { Selector } from "@loggregator/api";
import { OptionRangeError } from "@loggregator/core";
import type { GatewayRequest } from "./gatewayRequest.js";

/** The maximum number of parameters: Go's HTTP server ignores a query with more. */
const maxParameters = 10_000;

/** The maximum length of a URL: the gateway accepts 1 MiB of URL and headers. */
const maxUrlLength = 1024 * 1024;

/**
 * Returns the URL of a request to a gateway.
 *
 * @throws OptionRangeError if it exceeds the gateway's limits.
 */
export function readUrl(gateway: string, request: GatewayRequest): string {
  const parameters = readParameters(request);
  const url = `${gateway}/v2/read${parameters.length === 0 ? "" : "?"}${parameters.join("&")}`;
  checkSize(maxParameters, "parameters", parameters.length);
  checkSize(maxUrlLength, "characters of URL", url.length);
  return url;
}

function checkSize(limit: number, unit: string, size: number): void {
  if (size <= limit) {
    return;
  }
  const expected = `at most ${limit} ${unit}`;
  const message = `selectors: the gateway accepts ${expected} per request, got ${size}. Open several streams`;
  throw new OptionRangeError("selectors", expected, `${size}`, message);
}

/**
 * Returns the parameters in the Go client's form, but with escaped values and without duplicates.
 */
function readParameters({ shardId, deterministicName, selectors }: GatewayRequest): string[] {
  // A map, because the gateway sends the envelopes of a repeated source or name twice.
  const parameters = new Map<string, string>();
  const add = (name: string, value: string | undefined) => {
    if (value) {
      parameters.set(name + value, `${name}=${encodeURIComponent(value)}`);
    }
  };
  add("shard_id", shardId);
  add("deterministic_name", deterministicName);
  for (const { sourceId, message } of selectors) {
    add("source_id", sourceId);
    if (message === undefined) {
      continue;
    }
    // The gateway splits the names of gauges at commas after unescaping them.
    const key = typeKey(message);
    const parameter = typeParameter(message, (names) => encodeURIComponent(names.join(",")));
    parameters.set(key, parameters.get(key) ?? parameter);
  }
  return [...parameters.values()];
}

type Message = NonNullable<Selector["message"]>;

/**
 * Returns a key that is equal for selectors of the same type and names; the order of a gauge's
 * names does not matter.
 */
export function typeKey(message: Message): string {
  return typeParameter(message, (names) => [...new Set(names)].sort().join(","));
}

function typeParameter(message: Message, join: (names: readonly string[]) => string): string {
  const { $case, value } = message;
  const { name, names = name ? [name] : [] } = value as { name?: string; names?: string[] };
  return names.length === 0 ? $case : `${$case}.name=${join(names)}`;
}
