import { type Envelope, valueText } from "@loggregator/api";
import { decimalText, setOwn } from "@loggregator/core";

/** Returns the source id that the agent gives to an envelope without one: its tag `origin`. */
export function sourceIdFromOrigin({ tags, deprecatedTags }: Envelope): string {
  if (Object.hasOwn(tags, "origin")) {
    return tags["origin"] ?? "";
  }
  const data = Object.hasOwn(deprecatedTags, "origin") ? deprecatedTags["origin"]?.data : undefined;
  return data?.$case === "text" ? data.value : "";
}

/**
 * Returns the tags of an envelope as the agent sends them: its tags, its deprecated tags as text,
 * which take precedence, and the agent's tags that the envelope does not have.
 */
export function tagsBehindAgent(
  { tags, deprecatedTags }: Envelope,
  agentTags: readonly (readonly [string, string])[],
): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(tags)) {
    setOwn(all, name, value);
  }
  for (const [name, value] of Object.entries(deprecatedTags)) {
    setOwn(all, name, valueText(value, decimalText) ?? "");
  }
  for (const [name, value] of agentTags) {
    if (!Object.hasOwn(all, name)) {
      setOwn(all, name, value);
    }
  }
  return all;
}
