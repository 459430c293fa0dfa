import type { LogCacheClient } from "@loggregator/log-cache";
import { appPattern } from "../../filter/patterns.js";
import { appOf } from "../../text/displayName.js";
import type { Say } from "./source.js";
import { findSources, isGuid, type SourceOptions } from "./sources.js";

/** The maximum number of sources whose newest envelope is read to find the names of apps. */
const maxNamed = 500;
/** The number of requests at a time. */
const concurrency = 8;

/** Whether an argument can only be a name or an id, not a regular expression for several. */
export function isPlainName(argument: string): boolean {
  return /^[\w-]+$/.test(argument);
}

/** Finds the sources in a log-cache whose id or app matches, also those that are added later. */
export class MatchingSources {
  readonly #client: LogCacheClient;
  readonly #patterns: readonly RegExp[];
  /** The names of the apps of sources, from their tags. */
  readonly #names = new Map<string, string | undefined>();

  /** @param apps Regular expressions for whole names or ids. */
  constructor(client: LogCacheClient, apps: readonly string[]) {
    this.#client = client;
    this.#patterns = apps.map((app) => appPattern(app));
  }

  /** Returns the ids of the sources that log-cache has now. */
  async find(signal: AbortSignal): Promise<string[]> {
    if (this.#patterns.length === 0) {
      return [];
    }
    const ids = [...(await this.#client.meta({ signal })).keys()];
    const unknown = ids.filter((id) => !this.#matches(id) && !this.#names.has(id));
    // The newest source ids are last; a platform with more needs exact names.
    const asked = unknown.slice(0, Math.max(maxNamed - this.#names.size, 0));
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        for (let id = asked.pop(); id !== undefined; id = asked.pop()) {
          this.#names.set(id, await this.#nameOf(id, signal));
        }
      }),
    );
    return ids.filter((id) => this.#matches(id) || this.#matches(this.#names.get(id)));
  }

  #matches(name: string | undefined): boolean {
    return name !== undefined && this.#patterns.some((pattern) => pattern.test(name));
  }

  async #nameOf(sourceId: string, signal: AbortSignal): Promise<string | undefined> {
    const newest = await this.#client.read(sourceId, { limit: 1, descending: true, signal });
    return newest[0] && appOf(newest[0]);
  }
}

/** The sources that options name. */
export interface NamedSources {
  /** Those whose ids are known. */
  readonly sourceIds: readonly string[];
  /**
   * Regular expressions, and names if no Cloud Foundry is known: they select from the sources that
   * log-cache has.
   */
  readonly patterns: readonly string[];
}

/** Finds the sources that options name, without log-cache. */
export async function namedSources(options: SourceOptions, say: Say): Promise<NamedSources> {
  const { sources = [] } = options;
  const sourceIds = await findSources({ ...options, sources: sources.filter(isPlainName) }, say);
  const patterns = sources.filter(
    (source) => !isPlainName(source) || (sourceIds.includes(source) && !isGuid(source)),
  );
  return { sourceIds, patterns };
}
