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
   * The streams of a shard share its envelopes.
   *
   * @default "": each stream receives all
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
   * Used by servers if there are no selectors.
   *
   * @default none
   */
  readonly legacySelector?: Selector | undefined;
  /**
   * Whether all tags are text in `tags`; otherwise they are in `deprecatedTags`.
   *
   * @default true
   */
  readonly usePreferredTags?: boolean | undefined;
}

/**
 * Returns the request as it is sent: a copy with the defaults filled in. A request that cannot be
 * encoded would fail with each retry, so it is rejected here.
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
