import type { Envelope } from "@loggregator/api";
import { isGuid } from "@loggregator/core";
import { appOf, type SourceName } from "../../text/displayName.js";
import { Foundation, type FoundationOptions } from "../foundation/foundation.js";

/** Names of more sources are left to the tags of their envelopes. */
const maxNamed = 50;

/**
 * Looks up the names of apps by their GUIDs, for envelopes without tags for them. Without a Cloud
 * Foundry, or if the lookup fails, there are none.
 */
export async function sourceNames(
  sourceIds: Iterable<string>,
  options: FoundationOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, SourceName>> {
  const guids = [...new Set(sourceIds)].filter(isGuid);
  if (guids.length === 0 || guids.length > maxNamed) {
    return new Map();
  }
  try {
    // Names are optional, so failures are not reported.
    const foundation = await Foundation.find(options, () => {});
    return (await foundation?.appNames(guids, signal)) ?? new Map();
  } catch {
    return new Map();
  }
}

/** Adds the name of the app and its space as tags, as newer platforms do, unless they are there. */
export function withNames(envelope: Envelope, names: ReadonlyMap<string, SourceName>): Envelope {
  const name = names.get(envelope.sourceId);
  if (name === undefined || appOf(envelope) !== undefined) {
    return envelope;
  }
  const space = name.space === undefined ? {} : { space_name: name.space };
  return { ...envelope, tags: { ...envelope.tags, app_name: name.app, ...space } };
}
