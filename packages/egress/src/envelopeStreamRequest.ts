import { EgressBatchRequest, type Selector } from "@loggregator/api";
import {
  formatValue,
  OptionTypeError,
  objectArgument,
  optionalBoolean,
  stringArgument,
} from "@loggregator/core";

/** Which envelopes a stream is to have. */
export interface EnvelopeStreamRequest {
  /** Streams with the same shard id share its envelopes. Default: "", a copy of all. */
  readonly shardId?: string | undefined;
  /** Set on all streams of a shard: metrics of one name always go to the same stream. Default: "", at random. */
  readonly deterministicName?: string | undefined;
  /** At least one; each is a subscription of its own: what two of them select comes twice. */
  readonly selectors: readonly Selector[];
  /** Used by servers where there are no selectors. */
  readonly legacySelector?: Selector | undefined;
  /** Whether all tags come as text in `tags`; otherwise they come in `deprecatedTags`. Default: true. */
  readonly usePreferredTags?: boolean | undefined;
}

/**
 * The request as it goes over the wire: a copy, defaults filled in. What could not be encoded would
 * fail anew with each try, so it is refused here.
 *
 * @throws TypeError where `selectors` is no array of selectors, or an id is no string.
 */
export function batchRequest(request: EnvelopeStreamRequest): EgressBatchRequest {
  objectArgument("request", request);
  const { shardId = "", deterministicName = "", selectors, legacySelector } = request;
  if (!Array.isArray(selectors)) {
    throw new OptionTypeError("selectors", "an array of selectors", formatValue(selectors));
  }
  selectors.forEach((selector, index) => {
    checkSelector(`selectors[${index}]`, selector);
  });
  if (legacySelector !== undefined) checkSelector("legacySelector", legacySelector);
  return EgressBatchRequest.fromPartial({
    shardId: stringArgument("shardId", shardId),
    deterministicName: stringArgument("deterministicName", deterministicName),
    selectors,
    legacySelector,
    usePreferredTags: optionalBoolean("usePreferredTags", request.usePreferredTags, true),
  });
}

function checkSelector(name: string, selector: unknown): asserts selector is Selector {
  if (typeof selector !== "object" || selector === null || Array.isArray(selector)) {
    throw new OptionTypeError(name, "one selector, as selectLog() returns", formatValue(selector));
  }
}
