import type { CounterSelector, GaugeSelector, LogSelector, Selector } from "@loggregator/api";
import {
  checkOptionNames,
  formatValue,
  OptionRangeError,
  OptionTypeError,
  objectArgument,
} from "@loggregator/core";
import { typeKey } from "./readUrl.js";

/** Which envelopes to read from the gateway. */
export interface GatewayRequest {
  /**
   * Readers with the same shard id share its envelopes: each goes to one of them.
   *
   * @default "" Each reader gets all envelopes.
   */
  readonly shardId?: string | undefined;
  /**
   * Set on all readers of a shard: metrics of one name always go to the same reader.
   *
   * @default ""
   */
  readonly deterministicName?: string | undefined;
  /**
   * The envelopes' types and sources. The gateway applies every type to every source, so each source
   * must have the same selectors. Their order does not matter.
   */
  readonly selectors: readonly Selector[];
}

/**
 * Checks that the gateway's query can express a request.
 *
 * @throws OptionTypeError for a malformed request; OptionRangeError for one that a single request
 * cannot express: the message says what to do instead.
 */
export function checkRequest(request: GatewayRequest): void {
  checkOptionNames<GatewayRequest>("request", request, {
    shardId: true,
    deterministicName: true,
    selectors: true,
  });
  checkText("shardId", request.shardId);
  checkText("deterministicName", request.deterministicName);
  const { selectors } = request;
  if (!Array.isArray(selectors)) {
    throw new OptionTypeError("selectors", "an array of selectors", formatValue(selectors));
  }
  selectors.forEach(checkSelector);
  checkExpressible(selectors);
}

/** Throws, as `selectors` cannot be expressed by one request. */
function reject(reason: string): never {
  const expected = "selectors that one gateway request can express";
  throw new OptionRangeError("selectors", expected, "others", `selectors: ${reason}`);
}

const unknown = { _unknownFields: true } as const;

function checkSelector(selector: Selector, index: number): void {
  const name = `selectors[${index}]`;
  checkOptionNames<Selector>(name, selector, { sourceId: true, message: true, ...unknown });
  checkText(`${name}.sourceId`, selector.sourceId);
  const { message } = selector;
  // A selector without one selects nothing. The gateway rejects it: 400, missing_envelope_type.
  if (message === undefined) return;
  objectArgument(`${name}.message`, message);
  const value = `${name}.message.value`;
  switch (message.$case) {
    case "counter":
      checkOptionNames<CounterSelector>(value, message.value, { name: true, ...unknown });
      checkText(`${name}.name`, message.value.name);
      return;
    case "gauge":
      checkOptionNames<GaugeSelector>(value, message.value, { names: true, ...unknown });
      checkGauge(`${name}.names`, message.value);
      return;
    case "log":
    case "timer":
    case "event":
      checkOptionNames<LogSelector>(value, message.value, unknown);
      return;
    default:
      throw new OptionTypeError(
        name,
        "made with selectLog(), selectCounter() and so on",
        formatValue((message as { $case: unknown }).$case),
      );
  }
}

function checkGauge(name: string, { names = [] }: Partial<GaugeSelector>): void {
  if (!Array.isArray(names)) throw new OptionTypeError(name, "an array", formatValue(names));
  for (const metric of names) {
    checkText(name, metric);
    if (metric !== "" && !metric.includes(",")) continue;
    const expected = "non-empty names without a comma";
    const received = formatValue(metric);
    const message = `${name} must be ${expected}, got ${received}: the gateway splits names at commas. Select all gauges and filter what arrives`;
    throw new OptionRangeError(name, expected, received, message);
  }
}

function checkText(name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== "string") throw new OptionTypeError(name, "a string", formatValue(value));
  try {
    encodeURIComponent(value);
  } catch {
    const expected = "text without half a surrogate pair";
    throw new OptionRangeError(name, expected, formatValue(value));
  }
}

/** A request selects each of its types from each of its sources. */
function checkExpressible(selectors: readonly Selector[]): void {
  const typesBySource = new Map<string, Set<string>>();
  const allTypes = new Set<string>();
  for (const { sourceId, message } of selectors) {
    // It adds nothing to the query.
    if (message === undefined && !sourceId) continue;
    const types = typesBySource.get(sourceId ?? "") ?? new Set();
    typesBySource.set(sourceId ?? "", types);
    if (message === undefined) continue;
    types.add(typeKey(message));
    allTypes.add(typeKey(message));
  }
  // The gateway itself rejects a request without a type.
  if (allTypes.size === 0) return;
  for (const type of ["counter", "gauge"]) {
    const named = [...allTypes].find((other) => other.startsWith(`${type}.name=`));
    if (named !== undefined && allTypes.has(type)) {
      reject(
        `a gateway request cannot combine all ${type}s with ${formatValue(named)}. Leave the name out: all ${type}s include it`,
      );
    }
  }
  if (typesBySource.size > 1 && typesBySource.has("")) {
    reject(
      "a gateway request cannot combine all sources with specific source ids. Select all sources, or open a stream for each selection",
    );
  }
  for (const [sourceId, types] of typesBySource) {
    for (const type of allTypes) {
      if (!types.has(type)) {
        reject(
          `a gateway request applies every type to every source, but no selector has the type ${formatValue(type)} for the source ${formatValue(sourceId)}. Open one stream per set of types, or select every type from every source`,
        );
      }
    }
  }
}
