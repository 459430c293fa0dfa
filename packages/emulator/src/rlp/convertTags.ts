import { type Envelope, type Value, valueText } from "@loggregator/api";
import { isEmpty, shortestText } from "@loggregator/core";

/**
 * Returns a copy of the envelope with its deprecated tags folded into `tags` as text. If both have
 * a tag of one name, the deprecated one takes precedence, as in the RLP's source. Values without
 * data are left out.
 */
export function withPreferredTags(envelope: Envelope): Envelope {
  const folded: [string, string][] = [];
  for (const [name, value] of Object.entries(envelope.deprecatedTags)) {
    const text = valueText(value, shortestText);
    if (text !== undefined) {
      folded.push([name, text]);
    }
  }
  if (folded.length === 0 && isEmpty(envelope.deprecatedTags)) {
    return envelope;
  }
  // fromEntries, because assigning would lose a tag named __proto__.
  const tags = Object.fromEntries([...Object.entries(envelope.tags), ...folded]);
  return { ...envelope, tags, deprecatedTags: {} };
}

/** Returns a copy of the envelope with all its tags as deprecated tags of text. */
export function withDeprecatedTags(envelope: Envelope): Envelope {
  if (isEmpty(envelope.tags)) {
    return envelope;
  }
  const deprecatedTags = Object.fromEntries([
    ...Object.entries(envelope.deprecatedTags),
    ...Object.entries(envelope.tags).map(([name, value]): [string, Value] => [
      name,
      { data: { $case: "text", value } },
    ]),
  ]);
  return { ...envelope, tags: {}, deprecatedTags };
}
