import type { SourceName } from "../../text/displayName.js";
import { Foundation, type FoundationOptions } from "../foundation/foundation.js";
import { isGuid } from "./sources.js";

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
  const guids = [...sourceIds].filter(isGuid);
  if (guids.length === 0 || guids.length > maxNamed) {
    return new Map();
  }
  try {
    // The names are an extra: nothing is reported about them.
    const foundation = await Foundation.find(options, () => {});
    return (await foundation?.appNames(guids, signal)) ?? new Map();
  } catch {
    return new Map();
  }
}
