import type { Envelope } from "@loggregator/api";
import type { LogCacheOptions } from "../read/logCacheOptions.js";
import { keeps, type Selection, selectedTypes } from "../read/selection.js";
import { openLogCache } from "../read/sources/openLogCache.js";
import { findSources, requireSources, type SourceOptions } from "../read/sources/sources.js";
import type { Session } from "../session.js";
import { envelopeLine, type LineOptions } from "../terminal/envelopeLine.js";

/** The options of `loggregator recent`. */
export interface RecentOptions extends LogCacheOptions, SourceOptions, Selection, LineOptions {
  readonly count: number;
}

/** The number of envelopes per write. */
const linesPerWrite = 500;

/** Prints the newest envelopes of sources. */
export async function recent(options: RecentOptions, session: Session): Promise<void> {
  const { count } = options;
  const { stdout, signal, say } = session;
  const hasTypes = options.type !== undefined || options.name !== undefined;
  const types = hasTypes ? selectedTypes(options) : ["log" as const];
  const keep = keeps({ ...options, apps: undefined });
  const sourceIds = await findSources(options, say);
  requireSources(sourceIds);
  const { client, name } = await openLogCache(options, say);
  await using _ = client;
  const newest = await Promise.all(
    sourceIds.map((sourceId) =>
      client.recent(sourceId, count, { types, nameFilter: nameFilter(options.name), signal }),
    ),
  );
  const envelopes = newest.flat().sort(byTimestamp).slice(-count).filter(keep);
  if (envelopes.length === 0) {
    say(
      `log-cache ${name} has no such envelopes: the source is wrong, has sent nothing, or its node is down`,
    );
  }
  const lineOf = envelopeLine(options);
  for (let i = 0; i < envelopes.length; i += linesPerWrite) {
    const lines = envelopes.slice(i, i + linesPerWrite).map((envelope) => `${lineOf(envelope)}\n`);
    await stdout.write(lines.join(""), signal);
  }
}

/** Returns a regular expression that matches whole names. */
function nameFilter(names: readonly string[] = []): string | undefined {
  const escaped = names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return escaped.length === 0 ? undefined : `^(?:${escaped.join("|")})$`;
}

function byTimestamp(a: Envelope, b: Envelope): number {
  return a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0;
}
