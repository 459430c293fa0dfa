import { Envelope } from "@loggregator/api";
import { bytesOf, type EncodedEnvelope } from "../wire/encodedEnvelope.js";
import { withDeprecatedTags, withPreferredTags } from "./convertTags.js";

/** Encodes an envelope with its tags in the form that the reader requested. */
export function encodeForReader(
  { bytes, hasTags, hasDeprecatedTags }: EncodedEnvelope,
  usePreferredTags: boolean,
): Uint8Array {
  if (usePreferredTags ? !hasDeprecatedTags : !hasTags) {
    return bytes;
  }
  const envelope = Envelope.decode(bytes);
  const converted = usePreferredTags ? withPreferredTags(envelope) : withDeprecatedTags(envelope);
  return bytesOf(converted);
}
