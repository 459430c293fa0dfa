import { checkSelector, type Selector } from "@loggregator/api";
import {
  checkOptionNames,
  formatValue,
  OptionRangeError,
  OptionTypeError,
  stringArgument,
} from "@loggregator/core";
import { typeKey } from "./readUrl.js";

/** Selects the envelopes to read from the gateway. */
export interface GatewayRequest {
  /**
   * The shard of the stream: readers with the same shard id share the envelopes, each of which goes
   * to one of them.
   *
   * @default "": the stream receives all selected envelopes
   */
  readonly shardId?: string | undefined;
  /**
   * Set it on all readers of a shard to receive all counters and gauges of one name on the same
   * reader.
   *
   * @default "": the readers are chosen at random
   */
  readonly deterministicName?: string | undefined;
  /**
   * The types and sources of the envelopes. The gateway applies every type to every source, so each
   * source must have the same selectors. Their order does not matter.
   */
  readonly selectors: readonly Selector[];
  /**
   * The selector that is used if `selectors` is empty, as in an `EgressBatchRequest`. It is ignored
   * otherwise, as by the Reverse Log Proxy.
   *
   * @default none
   */
  readonly legacySelector?: Selector | undefined;
  /**
   * Has no effect, because the gateway has no parameter for it. Accepted so that an
   * `EgressBatchRequest` can be passed.
   *
   * @default none
   */
  readonly usePreferredTags?: boolean | undefined;
}

/**
 * Checks that the gateway's query can express a request, and returns the request with the selectors
 * that apply.
 *
 * @throws OptionTypeError for a malformed request; OptionRangeError for one that a single request
 * cannot express: the message suggests an alternative.
 */
export function checkRequest(request: GatewayRequest): GatewayRequest {
  checkOptionNames<GatewayRequest & { _unknownFields: unknown }>("request", request, {
    shardId: true,
    deterministicName: true,
    selectors: true,
    legacySelector: true,
    usePreferredTags: true,
    _unknownFields: true,
  });
  checkText("shardId", request.shardId);
  checkText("deterministicName", request.deterministicName);
  const { selectors, legacySelector } = request;
  if (!Array.isArray(selectors)) {
    throw new OptionTypeError("selectors", "an array of selectors", formatValue(selectors));
  }
  for (const [index, selector] of selectors.entries()) {
    checkTexts(`selectors[${index}]`, selector);
  }
  checkExpressible(selectors);
  if (legacySelector === undefined) {
    return request;
  }
  checkTexts("legacySelector", legacySelector);
  return selectors.length > 0 ? request : { ...request, selectors: [legacySelector] };
}

function checkTexts(path: string, selector: Selector): void {
  checkSelector(path, selector);
  const { sourceId, message } = selector;
  checkText(`${path}.sourceId`, sourceId);
  const { name, names = [] } = (message?.value ?? {}) as { name?: string; names?: string[] };
  checkText(`${path}.name`, name);
  for (const metric of names) {
    checkMetricName(`${path}.names`, metric);
  }
}

function checkMetricName(path: string, metric: string): void {
  checkText(path, metric);
  if (metric && !metric.includes(",")) {
    return;
  }
  const expected = "non-empty names without a comma";
  const received = formatValue(metric);
  const message = `${path} must be ${expected}, got ${received}: the gateway splits names at commas. Select all gauges`;
  throw new OptionRangeError(path, expected, received, message);
}

function checkText(path: string, value: unknown): void {
  if (value !== undefined && /\p{Cs}/u.test(stringArgument(path, value))) {
    throw new OptionRangeError(path, "well-formed text", formatValue(value));
  }
}

/** Rejects selectors other than each type for each source, which one request cannot express. */
function checkExpressible(selectors: readonly Selector[]): void {
  const typesBySource = new Map<string, Set<string>>();
  const allTypes = new Set<string>();
  for (const { sourceId = "", message } of selectors) {
    // Such a selector has no effect on the query.
    if (message === undefined && !sourceId) {
      continue;
    }
    const types = typesBySource.get(sourceId) ?? new Set();
    typesBySource.set(sourceId, types);
    if (message === undefined) {
      continue;
    }
    types.add(typeKey(message));
    allTypes.add(typeKey(message));
  }
  // The gateway itself rejects a request without a type.
  if (allTypes.size === 0) {
    return;
  }
  for (const type of allTypes) {
    const all = type.replace(/\.name=.*/s, "");
    if (all !== type && allTypes.has(all)) {
      reject(`cannot combine all ${all}s with ${formatValue(type)}. Leave the name out`);
    }
  }
  if (typesBySource.size > 1 && typesBySource.has("")) {
    reject("cannot combine all sources with specific source ids: open a stream for each");
  }
  for (const [sourceId, types] of typesBySource) {
    for (const type of allTypes) {
      if (!types.has(type)) {
        reject(
          `applies every type to every source, but no selector has the type ${formatValue(type)} for the source ${formatValue(sourceId)}. Open a stream for each set of types`,
        );
      }
    }
  }
}

/** Throws the error for `selectors` that one request cannot express. */
function reject(reason: string): never {
  const message = `selectors: a gateway request ${reason}`;
  throw new OptionRangeError("selectors", "expressible by one request", "other selectors", message);
}
