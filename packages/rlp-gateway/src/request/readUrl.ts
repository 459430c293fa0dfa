import type { Selector } from "@loggregator/api";
import { OptionRangeError } from "@loggregator/core";
import type { GatewayRequest } from "./gatewayRequest.js";

/** Go's HTTP server, and with it the gateway, ignores a query with more parameters. */
const maxParameters = 10_000;

/** The gateway accepts 1 MiB of URL and headers. */
const maxUrlLength = 1024 * 1024;

/**
 * Returns the URL of a request below the gateway's own.
 *
 * @throws OptionRangeError if the gateway would not accept it because of its size.
 */
export function readUrl(gateway: string, request: GatewayRequest): string {
  const parameters = readParameters(request);
  if (parameters.length > maxParameters) {
    throw tooLarge(`at most ${maxParameters} parameters`, `${parameters.length}`);
  }
  const url = `${gateway}/v2/read${parameters.length === 0 ? "" : "?"}${parameters.join("&")}`;
  if (url.length > maxUrlLength) {
    throw tooLarge(`a URL of at most ${maxUrlLength} characters`, `${url.length}`);
  }
  return url;
}

function tooLarge(limit: string, received: string): OptionRangeError {
  const message = `selectors: the gateway accepts ${limit} per request, got ${received}. Open several streams, each with a part of the source ids or names`;
  return new OptionRangeError("selectors", `selectors that fit into ${limit}`, received, message);
}

/** The parameters as the Go client writes them, but with escaped values, and each of them once. */
function readParameters({ shardId, deterministicName, selectors }: GatewayRequest): string[] {
  const parameters: string[] = [];
  if (shardId) parameters.push(`shard_id=${encodeURIComponent(shardId)}`);
  if (deterministicName) {
    parameters.push(`deterministic_name=${encodeURIComponent(deterministicName)}`);
  }
  // The gateway would send the envelopes of a repeated source or name twice.
  const written = new Set<string>();
  for (const { sourceId, message } of selectors) {
    if (sourceId && !written.has(`source_id=${sourceId}`)) {
      written.add(`source_id=${sourceId}`);
      parameters.push(`source_id=${encodeURIComponent(sourceId)}`);
    }
    if (message === undefined) continue;
    const key = typeKey(message);
    if (!written.has(key)) {
      written.add(key);
      parameters.push(typeParameter(message));
    }
  }
  return parameters;
}

function typeParameter(message: NonNullable<Selector["message"]>): string {
  if (message.$case === "counter" && message.value.name) {
    return `counter.name=${encodeURIComponent(message.value.name)}`;
  }
  if (message.$case === "gauge" && message.value.names?.length > 0) {
    // The gateway splits the value at commas after unescaping it.
    return `gauge.name=${encodeURIComponent(message.value.names.join(","))}`;
  }
  return message.$case;
}

/** Equal for two selectors of the same type and names: a gauge's names are a set. */
export function typeKey(message: NonNullable<Selector["message"]>): string {
  if (message.$case === "gauge" && message.value.names?.length > 0) {
    return `gauge.name=${[...new Set(message.value.names)].sort().join(",")}`;
  }
  if (message.$case === "counter" && message.value.name) {
    return `counter.name=${message.value.name}`;
  }
  return message.$case;
}
