import { isGuid } from "@loggregator/core";
import type { LogCacheClient, SourceMeta } from "@loggregator/log-cache";
import { messageOf } from "../../explain.js";
import { appPattern } from "../../filter/patterns.js";
import { appOf } from "../../text/displayName.js";
import { grouped } from "../../text/formatNumbers.js";
import type { Say } from "./source.js";
import { findSources, type SourceOptions } from "./sources.js";

/** The maximum number of sources whose newest envelope a search reads to find the names of apps. */
const maxNamed = 500;
/** Of them, the maximum number that had no name before. */
const maxNamedAgain = 20;
/** The number of requests at a time. */
const concurrency = 8;
/** A search fails if it cannot read more sources than this. */
const maxFailures = 8;

/** A source that matches. */
export interface MatchingSource {
  readonly sourceId: string;
  /** Whether log-cache did not have it at the first search. */
  readonly isNew: boolean;
  /** The time of its first envelope after the first search, or an earlier one, in nanoseconds. */
  readonly from: bigint;
}

/** Whether an argument can only be a name or an id, not a regular expression for several. */
export function isPlainName(argument: string): boolean {
  return /^[\w-]+$/.test(argument);
}

/**
 * Finds the sources in a log-cache whose id or app matches, including sources that are added later.
 */
export class MatchingSources {
  readonly #client: LogCacheClient;
  readonly #patterns: readonly RegExp[];
  readonly #say: Say;
  /** The names of the apps of sources, from their tags. */
  readonly #names = new Map<string, string>();
  /** Sources without a name so far. The first was read least recently. */
  readonly #nameless = new Set<string>();
  #first: ReadonlyMap<string, SourceMeta> | undefined;
  readonly #said = new Set<"limit" | "failure">();

  /** @param apps Regular expressions for whole names or ids. */
  constructor(client: LogCacheClient, apps: readonly string[], say: Say) {
    this.#client = client;
    this.#patterns = apps.map((app) => appPattern(app));
    this.#say = say;
  }

  /** Returns the sources that log-cache has now. */
  async find(signal: AbortSignal): Promise<MatchingSource[]> {
    if (this.#patterns.length === 0) {
      return [];
    }
    const meta = await this.#client.meta({ signal });
    // The source of envelopes without a source id, which cannot be read.
    meta.delete("");
    this.#first ??= meta;
    await this.#findNames(meta, signal);
    return [...meta].flatMap(([sourceId, { oldestTimestamp }]) => {
      if (!this.#matches(sourceId) && !this.#matches(this.#names.get(sourceId))) {
        return [];
      }
      // Not the time of this machine: its clock may differ from those of the platform.
      const first = this.#first?.get(sourceId);
      const from = first === undefined ? oldestTimestamp : first.newestTimestamp + 1n;
      return [{ sourceId, isNew: first === undefined, from }];
    });
  }

  #matches(name: string | undefined): boolean {
    return name !== undefined && this.#patterns.some((pattern) => pattern.test(name));
  }

  async #findNames(meta: ReadonlyMap<string, SourceMeta>, signal: AbortSignal): Promise<void> {
    for (const known of [this.#names, this.#nameless]) {
      for (const id of known.keys()) {
        if (!meta.has(id)) {
          known.delete(id);
        }
      }
    }
    const unknown = [...meta.keys()].filter(
      (id) => !this.#matches(id) && !this.#names.has(id) && !this.#nameless.has(id),
    );
    if (unknown.length > maxNamed) {
      this.#sayOnce(
        "limit",
        `log-cache has ${grouped(unknown.length)} sources whose apps are unknown, and ${maxNamed} are looked up at a time; if an app is missing, select it with --app or --source-id`,
      );
    }
    // The tags of a source may come later: its first envelope may not have them.
    const again = [...this.#nameless].slice(0, maxNamedAgain);
    const lookedUp = [...unknown.slice(0, maxNamed - again.length), ...again].values();
    let failures = 0;
    const work = async () => {
      for (const id of lookedUp) {
        const name = await this.#nameOf(id, signal).catch((error: Error) => {
          signal.throwIfAborted();
          failures += 1;
          if (failures > maxFailures) {
            throw error;
          }
          this.#sayOnce("failure", `cannot read the source "${id}": ${messageOf(error)}`);
          return undefined;
        });
        this.#nameless.delete(id);
        if (name === undefined) {
          this.#nameless.add(id);
        } else {
          this.#names.set(id, name);
        }
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
  }

  async #nameOf(sourceId: string, signal: AbortSignal): Promise<string | undefined> {
    const newest = await this.#client.read(sourceId, { limit: 1, descending: true, signal });
    return newest[0] && appOf(newest[0]);
  }

  #sayOnce(kind: "limit" | "failure", message: string): void {
    if (!this.#said.has(kind)) {
      this.#said.add(kind);
      this.#say(message);
    }
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
