import type { Envelope } from "@loggregator/api";
import { delay } from "@loggregator/core";
import type { EnvelopeTypeName, LogCacheClient, LogCacheStatus } from "@loggregator/log-cache";
import { UsageError } from "../../errors.js";
import { messageOf } from "../../explain.js";
import { Outage } from "../../outage.js";
import type { LogCacheOptions } from "../logCacheOptions.js";
import { MatchingSources, namedSources } from "./matchingSources.js";
import { MergedStreams } from "./mergedStreams.js";
import { openLogCache } from "./openLogCache.js";
import type { Say, Source } from "./source.js";

/** The default time between two searches for new sources, in milliseconds. */
const defaultSearchMs = 10_000;

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
      "log-cache is read source by source; name the sources: an argument, --source-id or --app",
    );
  }
  // The apps of --app are among the ids.
  const given = { ...options, app: undefined, space: undefined, org: undefined, sources: apps };
  const named = await namedSources(given, say);
  const { client, name } = await openLogCache(options, say);
  const matching =
    named.patterns.length === 0 ? undefined : new MatchingSources(client, named.patterns);
  const found = (await matching?.find(new AbortController().signal)) ?? [];
  const sourceIds = [...new Set([...named.sourceIds, ...found])];
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
      const started = BigInt(Date.now()) * 1_000_000n;
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
        merged.add((signal) =>
          joinNew(matching, new Set(sourceIds), searchMs, signal, (ids) => follow(ids, started)),
        );
      }
      yield* merged;
    },
  };
  return { source, sourceIds };
}

/** Returns the time from which to follow: `since`, or that of the oldest of the recent envelopes. */
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
  return times.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).at(-recent) ?? times[0] ?? since;
}

/** Calls `follow` with the sources that are new, until the signal aborts. Yields nothing. */
async function* joinNew(
  matching: MatchingSources,
  known: Set<string>,
  searchMs: number,
  signal: AbortSignal,
  follow: (ids: readonly string[]) => void,
): AsyncGenerator<Envelope[], void, undefined> {
  while (!signal.aborted) {
    await delay(signal, searchMs).catch(() => {});
    // A failure is an outage, which following reports.
    const found = await matching.find(signal).catch(() => []);
    const added = found.filter((id) => !known.has(id));
    if (added.length > 0) {
      for (const id of added) {
        known.add(id);
      }
      follow(added);
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
