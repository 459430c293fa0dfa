import { checkSelector, EgressBatchRequest, type Selector } from "@loggregator/api";
import {
  checkOptionNames,
  formatValue,
  OptionTypeError,
  optionalBoolean,
  stringArgument,
} from "@loggregator/core";

/** Selects the envelopes that a stream receives. */
export interface EnvelopeStreamRequest {
  /**
   * The shard of the stream: streams with the same shard id share the envelopes.
   *
   * @default "": the stream receives all selected envelopes
   */
  readonly shardId?: string | undefined;
  /**
   * Set it on all streams of a shard to receive all counters and gauges of one name on the same
   * stream.
   *
   * @default "": the streams are chosen at random
   */
  readonly deterministicName?: string | undefined;
  /**
   * At least one selector. Each is a separate subscription: an envelope that two of them select
   * arrives twice.
   */
  readonly selectors: readonly Selector[];
  /**
   * The selector that servers use if there are no selectors.
   *
   * @default none
   */
  readonly legacySelector?: Selector | undefined;
  /**
   * Whether the server sends all tags as text in `tags`. If false, it sends them in
   * `deprecatedTags`.
   *
   * @default true
   */
  readonly usePreferredTags?: boolean | undefined;
}

/**
 * Returns a copy of the request with the defaults filled in. Invalid requests are rejected here,
 * because they would fail with each retry.
 *
 * @throws OptionTypeError for an invalid or unknown field.
 */
export function batchRequest(request: EnvelopeStreamRequest): EgressBatchRequest {
  checkOptionNames<EnvelopeStreamRequest>("request", request, {
    shardId: true,
    deterministicName: true,
    selectors: true,
    legacySelector: true,
    usePreferredTags: true,
  });
  const { shardId = "", deterministicName = "", selectors, legacySelector } = request;
  if (!Array.isArray(selectors)) {
    throw new OptionTypeError("selectors", "an array of selectors", formatValue(selectors));
  }
  selectors.forEach((selector, index) => {
    checkSelector(`selectors[${index}]`, selector);
  });
  if (legacySelector !== undefined) {
    checkSelector("legacySelector", legacySelector);
  }
  return EgressBatchRequest.fromPartial({
    shardId: stringArgument("shardId", shardId),
    deterministicName: stringArgument("deterministicName", deterministicName),
    selectors,
    legacySelector,
    usePreferredTags: optionalBoolean("usePreferredTags", request.usePreferredTags, true),
  });
}
