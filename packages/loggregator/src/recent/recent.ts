import type { Envelope } from "@loggregator/api";
import { type Entry, EntryJoiner } from "../read/entries/entryJoiner.js";
import type { LogCacheOptions } from "../read/logCacheOptions.js";
import { keepsEntry, type Selection, selectedTypes } from "../read/selection.js";
import { MatchingSources, namedSources } from "../read/sources/matchingSources.js";
import { openLogCache } from "../read/sources/openLogCache.js";
import { sourceNames } from "../read/sources/sourceNames.js";
import { requireSources, type SourceOptions } from "../read/sources/sources.js";
import type { Session } from "../session.js";
import { createPrinter, type LineOptions } from "../terminal/printer/createPrinter.js";
import { counted } from "../text/formatNumbers.js";

/** The options of `loggregator recent`. */
export interface RecentOptions extends LogCacheOptions, SourceOptions, Selection, LineOptions {
  /** Default: 100, or all with a start. */
  readonly count?: number | undefined;
}

/** The default number of envelopes, and the maximum if a time is given instead. */
const defaultCount = 100;
const maxCount = 100_000;

/** The number of envelopes per write. */
const linesPerWrite = 500;

/** Prints the newest envelopes of sources. */
export async function recent(options: RecentOptions, session: Session): Promise<void> {
  const { since, until, count = since === undefined ? defaultCount : maxCount } = options;
  const { stdout, signal, say } = session;
  const hasTypes = options.type !== undefined || options.name !== undefined;
  const types = hasTypes ? selectedTypes(options) : ["log" as const];
  const keep = keepsEntry({ ...options, apps: undefined });
  // Checks the options before any request.
  createPrinter(options, stdout);
  const named = await namedSources(options, say);
  requireSources([...named.sourceIds, ...named.patterns]);
  const { client, name } = await openLogCache(options, say);
  await using _ = client;
  const matching = new MatchingSources(client, named.patterns, say);
  const found = await matching.find(signal);
  const sourceIds = new Set([...named.sourceIds, ...found.map(({ sourceId }) => sourceId)]);
  const newest = await Promise.all(
    [...sourceIds].map((sourceId) =>
      client.recent(sourceId, count, {
        types,
        nameFilter: nameFilter(options.name),
        startTime: since,
        endTime: until,
        signal,
      }),
    ),
  );
  const envelopes = newest.flat().sort(byTimestamp).slice(-count);
  const entries = joined(envelopes).filter(keep);
  if (envelopes.length === 0) {
    say(
      `log-cache ${name} has no matching envelopes: the source is wrong or has sent nothing, or its node is down`,
    );
  } else if (entries.length === 0) {
    const newest = counted(envelopes.length, "envelope");
    // If log-cache has no more, a larger number does not help.
    const remedy = envelopes.length < count ? "" : "; increase -n";
    say(`none of the newest ${newest} match the filters${remedy}`);
  }
  const names = await sourceNames(sourceIds, options, signal);
  const printer = createPrinter(options, stdout, names);
  for (let i = 0; i < entries.length; i += linesPerWrite) {
    const lines = entries.slice(i, i + linesPerWrite).map((entry) => printer.print(entry));
    await stdout.write(lines.join(""), signal);
  }
}

function joined(envelopes: readonly Envelope[]): Entry[] {
  const joiner = new EntryJoiner();
  return [...joiner.push(envelopes, 0), ...joiner.flush()];
}

/** Returns a regular expression that matches whole names. */
function nameFilter(names: readonly string[] = []): string | undefined {
  const escaped = names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return escaped.length === 0 ? undefined : `^(?:${escaped.join("|")})$`;
}

function byTimestamp(a: Envelope, b: Envelope): number {
  return a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0;
}
