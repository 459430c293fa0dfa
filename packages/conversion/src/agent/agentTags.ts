import { type Envelope, valueText } from "@loggregator/api";
import { decimalText, setOwn } from "@loggregator/core";

/** The source id of an envelope that has none, as the agent finds it: its tag `origin`. */
export function sourceIdFromOrigin({ tags, deprecatedTags }: Envelope): string {
  if (Object.hasOwn(tags, "origin")) {
    return tags["origin"] ?? "";
  }
  const data = Object.hasOwn(deprecatedTags, "origin") ? deprecatedTags["origin"]?.data : undefined;
  return data?.$case === "text" ? data.value : "";
}

/**
 * The tags of an envelope behind the agent: its deprecated tags as text, which win, and those of the
 * agent's tags that it does not have.
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
