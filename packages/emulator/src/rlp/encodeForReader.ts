import { Envelope } from "@loggregator/api";
import { bytesOf, type EncodedEnvelope } from "../wire/encodedEnvelope.js";
import { withDeprecatedTags, withPreferredTags } from "./convertTags.js";

/** The bytes of an envelope with its tags as the reader wants them. */
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
