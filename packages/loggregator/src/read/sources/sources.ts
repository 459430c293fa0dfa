import { isGuid } from "@loggregator/core";
import { UsageError } from "../../errors.js";
import { findApps } from "../foundation/appOptions.js";
import { Foundation, type FoundationOptions } from "../foundation/foundation.js";
import type { Say } from "./source.js";

/** The options that name sources one by one. */
export interface SourceOptions extends FoundationOptions {
  /** Names of apps, or source ids. */
  readonly sources?: readonly string[] | undefined;
  readonly sourceId?: readonly string[] | undefined;
}

/**
 * Returns the ids of the sources in the options: arguments that are not GUIDs are names of apps if
 * a Cloud Foundry is known, and source ids otherwise.
 */
export async function findSources(options: SourceOptions, say: Say): Promise<string[]> {
  const { sources = [], sourceId = [] } = options;
  const names = sources.filter((source) => !isGuid(source));
  const apps = [...((await findApps(options, say)) ?? [])];
  const others = sources.filter((source) => isGuid(source));
  if (names.length > 0) {
    const foundation = await Foundation.find({ ...options, app: names }, say);
    const found = await foundation?.appGuids();
    if (found === undefined) {
      others.push(...names);
    } else {
      apps.push(...found);
    }
  }
  return [...new Set([...others, ...sourceId, ...apps])];
}

/** @throws UsageError if there are none. */
export function requireSources(sourceIds: readonly string[]): void {
  if (sourceIds.length === 0) {
    throw new UsageError("select an app or a source with an argument, --app or --source-id");
  }
}
