import type { Envelope } from "@loggregator/api";
import { delay } from "@loggregator/core";
import type { EnvelopeTypeName, LogCacheClient, LogCacheStatus } from "@loggregator/log-cache";
import { UsageError } from "../../errors.js";
import { messageOf } from "../../explain.js";
import { Outage } from "../../outage.js";
import type { LogCacheOptions } from "../logCacheOptions.js";
import { type MatchingSource, MatchingSources, namedSources } from "./matchingSources.js";
import { MergedStreams } from "./mergedStreams.js";
import { openLogCache } from "./openLogCache.js";
import type { Say, Source } from "./source.js";

/** The default time between two searches for new sources, in milliseconds. */
const defaultSearchMs = 10_000;

/** The number of searches in a row whose failure is reported. */
const lastingFailures = 3;

/** Which envelopes of log-cache to follow. */
export interface LogCacheSelection {
  readonly sourceId?: readonly string[] | undefined;
  /** Names of apps, source ids, or regular expressions for them. */
  readonly apps?: readonly string[] | undefined;
  /** The time of the oldest envelopes, in nanoseconds. Default: only new ones. */
  readonly since?: bigint | undefined;
  /** The number of envelopes before new ones. */
  readonly recent?: number | undefined;
}

/** Opens a source that follows log-cache, also sources that are added later. */
export async function logCacheSource(
  options: LogCacheOptions & LogCacheSelection,
  say: Say,
  searchMs: number = defaultSearchMs,
): Promise<{ readonly source: Source; readonly sourceIds: readonly string[] }> {
  const { sourceId = [], apps = [] } = options;
  if (sourceId.length === 0 && apps.length === 0) {
    throw new UsageError(
      "log-cache can only be read by source; select apps or sources with an argument, --app or --source-id",
    );
  }
  // The apps of --app are among the ids.
  const given = { ...options, app: undefined, space: undefined, org: undefined, sources: apps };
  const named = await namedSources(given, say);
  const { client, name } = await openLogCache(options, say);
  const matching =
    named.patterns.length === 0 ? undefined : new MatchingSources(client, named.patterns, say);
  const found = (await matching?.find(new AbortController().signal)) ?? [];
  const sourceIds = [...new Set([...named.sourceIds, ...idsOf(found)])];
  if (sourceIds.length === 0) {
    say(`log-cache has no source ${apps.join(", ")} yet; waiting for one`);
  }
  const source: Source = {
    kind: "log-cache",
    name,
    async *read(selectors, signal, { onOutage, since = options.since } = {}) {
      await using reading = client;
      const types = new Set<EnvelopeTypeName>();
      for (const { message } of selectors) {
        if (message !== undefined) {
          types.add(message.$case);
        }
      }
      const follow = (ids: readonly string[], from: bigint | undefined) =>
        merged.add((signal) => reading.follow(ids, { types: [...types], from, signal }));
      const merged = new MergedStreams<Envelope[]>(signal);
      if (sourceIds.length > 0) {
        // Fails early if the address or the token is wrong; later failures are outages.
        await reading.read(sourceIds[0] ?? "", { limit: 1, signal });
        follow(
          sourceIds,
          await startOf(reading, sourceIds, [...types], { ...options, since }, signal),
        );
      }
      const outage = new Outage(say, onOutage);
      void report(reading.status(), outage, say);
      if (matching !== undefined) {
        const join = (added: readonly MatchingSource[]) => {
          const begun = added.filter(({ isNew }) => isNew);
          if (begun.length > 0) {
            const [first] = begun.map(({ from }) => from).sort(compareTimes);
            follow(idsOf(begun), first);
          }
          // These sources have older envelopes.
          for (const { sourceId, from } of added.filter(({ isNew }) => !isNew)) {
            follow([sourceId], since ?? from);
          }
        };
        merged.add((signal) =>
          joinNew(matching, { known: new Set(sourceIds), searchMs, signal, join, say }),
        );
      }
      yield* merged;
    },
  };
  return { source, sourceIds };
}

/**
 * Returns the time from which to follow: `since`, or the time of the oldest of the recent
 * envelopes.
 */
async function startOf(
  client: LogCacheClient,
  sourceIds: readonly string[],
  types: readonly EnvelopeTypeName[],
  { since, recent }: LogCacheSelection,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  if (recent === undefined) {
    return since;
  }
  const newest = await Promise.all(
    sourceIds.map((id) => client.recent(id, recent, { types, startTime: since, signal })),
  );
  const times = newest.flat().map(({ timestamp }) => timestamp);
  return times.sort(compareTimes).at(-recent) ?? times[0] ?? since;
}

function compareTimes(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function idsOf(sources: readonly MatchingSource[]): string[] {
  return sources.map(({ sourceId }) => sourceId);
}

/** Settings of `joinNew`. */
interface JoinSettings {
  /** The ids of sources that are followed already. */
  readonly known: Set<string>;
  readonly searchMs: number;
  readonly signal: AbortSignal;
  readonly join: (added: readonly MatchingSource[]) => void;
  readonly say: Say;
}

/** Calls `join` with further sources that match, until the signal aborts. Yields nothing. */
async function* joinNew(
  matching: MatchingSources,
  { known, searchMs, signal, join, say }: JoinSettings,
): AsyncGenerator<Envelope[], void, undefined> {
  let failures = 0;
  for (;;) {
    await delay(signal, searchMs).catch(() => {});
    if (signal.aborted) {
      return;
    }
    try {
      const added = (await matching.find(signal)).filter(({ sourceId }) => !known.has(sourceId));
      for (const { sourceId } of added) {
        known.add(sourceId);
      }
      join(added);
      if (failures >= lastingFailures) {
        say("new sources are found again");
      }
      failures = 0;
    } catch (error) {
      failures += 1;
      // A short failure is an outage, which `follow` reports.
      if (failures === lastingFailures && !signal.aborted) {
        say(
          `cannot look for new sources: ${messageOf(error as Error)}; retrying until it succeeds`,
        );
      }
    }
  }
}

async function report(
  statuses: AsyncIterable<LogCacheStatus>,
  outage: Outage,
  say: Say,
): Promise<void> {
  for await (const status of statuses) {
    switch (status.type) {
      case "retrying":
        outage.failed(messageOf(status.error));
        break;
      case "recovered":
        outage.recovered();
        break;
      case "gap":
        say(`envelopes of ${status.sourceId} expired before they could be read`);
        break;
      case "missing":
        say(`the envelopes read from ${status.sourceId} are no longer in log-cache`);
        break;
      case "skewed":
        say(
          `envelopes of ${status.sourceId} are ${Math.round(status.aheadMs / 1000)} s ahead of log-cache's clock`,
        );
        break;
      default:
    }
  }
}
