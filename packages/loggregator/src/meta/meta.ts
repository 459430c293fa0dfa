import type { AppNames } from "@loggregator/auth";
import { delay } from "@loggregator/core";
import type { SourceMeta } from "@loggregator/log-cache";
import { UsageError } from "../errors.js";
import { messageOf } from "../explain.js";
import { Foundation } from "../read/foundation/foundation.js";
import type { LogCacheOptions } from "../read/logCacheOptions.js";
import { openLogCache } from "../read/sources/openLogCache.js";
import { findSources, type SourceOptions } from "../read/sources/sources.js";
import type { Session } from "../session.js";
import { escapeControls } from "../text/escapeControls.js";
import { grouped, rate } from "../text/formatNumbers.js";

/** The options of `loggregator meta`. */
export interface MetaOptions extends LogCacheOptions, SourceOptions {
  /** In seconds. Default: 5. */
  readonly interval?: number | undefined;
  readonly rate: boolean;
  /** Whether to print source ids only. */
  readonly guid?: true | undefined;
  readonly json?: true | undefined;
}

/** A source, with its envelopes per minute if they were measured, and the names of an app. */
interface Row extends SourceMeta {
  readonly sourceId: string;
  readonly names: AppNames | undefined;
  readonly perMinute: number | undefined;
}

/** Prints the sources of log-cache. */
export async function meta(options: MetaOptions, session: Session): Promise<void> {
  const { stdout, signal, say } = session;
  const { interval = 5 } = options;
  if (!options.rate && options.interval !== undefined) {
    throw new UsageError("--interval has no effect with --no-rate; remove one of them");
  }
  const wanted = new Set(await findSources(options, say));
  const { client, name } = await openLogCache(options, say);
  await using _ = client;
  const before = await client.meta({ signal });
  let after = before;
  let minutes = 0;
  if (options.rate) {
    const began = performance.now();
    await delay(signal, interval * 1000);
    after = await client.meta({ signal });
    minutes = (performance.now() - began) / 60_000;
  }
  const sources = [...after].filter(([sourceId]) => wanted.size === 0 || wanted.has(sourceId));
  const names = await findNames(
    sources.map(([sourceId]) => sourceId),
    options,
    session,
  );
  const rows: Row[] = [];
  for (const [sourceId, info] of sources) {
    const known = before.get(sourceId);
    const more = totalOf(info) - (known === undefined ? 0 : totalOf(known));
    // After a restart of its node, the counts of a source start again.
    const perMinute = minutes === 0 ? undefined : Math.max(0, more) / minutes;
    rows.push({ sourceId, ...info, perMinute, names: names.get(sourceId) });
  }
  rows.sort(
    (a, b) =>
      (b.perMinute ?? 0) - (a.perMinute ?? 0) ||
      b.count - a.count ||
      (a.sourceId < b.sourceId ? -1 : 1),
  );
  if (rows.length === 0) {
    say(`log-cache ${name} has none of these sources, or the token does not grant access to them`);
  }
  const text = options.json ? rows.map(rowJson).join("") : table(rows, names.size > 0);
  await stdout.write(text, signal);
}

/**
 * Returns the names of the apps among the sources. Without them, source ids are printed: if there is
 * no Cloud Foundry, or if the names cannot be looked up, which is reported.
 */
async function findNames(
  sourceIds: readonly string[],
  options: MetaOptions,
  { signal, say }: Session,
): Promise<ReadonlyMap<string, AppNames>> {
  const isOfFoundation = options.api !== undefined || !process.env["LOGGREGATOR_LOG_CACHE_URL"];
  const foundation =
    options.guid || !isOfFoundation ? undefined : await Foundation.find(options, say);
  if (foundation === undefined) {
    return new Map();
  }
  try {
    return await foundation.appNames(sourceIds, signal);
  } catch (error) {
    signal.throwIfAborted();
    say(`cannot look up the names of apps: ${messageOf(error as Error)}`);
    return new Map();
  }
}

function totalOf({ count, expired }: SourceMeta): number {
  return count + expired;
}

function table(rows: readonly Row[], hasNames: boolean): string {
  if (rows.length === 0) {
    return "";
  }
  const cells = [
    [
      "SOURCE",
      ...(hasNames ? ["SPACE", "ORG"] : []),
      "STORED",
      "EXPIRED",
      "OLDEST",
      "NEWEST",
      "PER MINUTE",
    ],
    ...rows.map(({ names, ...row }) => [
      escapeControls(names?.app ?? row.sourceId),
      ...(hasNames ? [names?.space ?? "-", names?.org ?? "-"].map(escapeControls) : []),
      grouped(row.count),
      grouped(row.expired),
      isoTime(row.oldestTimestamp),
      isoTime(row.newestTimestamp),
      row.perMinute === undefined ? "-" : rate(row.perMinute),
    ]),
  ];
  const texts = hasNames ? 3 : 1;
  const widths =
    cells[0]?.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0))) ?? [];
  return cells
    .map(
      (row) =>
        `${row.map((cell, i) => (i < texts ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ")}\n`,
    )
    .join("");
}

function rowJson(row: Row): string {
  const json = {
    source_id: row.sourceId,
    ...row.names,
    count: row.count,
    expired: row.expired,
    oldest_timestamp: String(row.oldestTimestamp),
    newest_timestamp: String(row.newestTimestamp),
    ...(row.perMinute !== undefined && { per_minute: row.perMinute }),
  };
  return `${JSON.stringify(json)}\n`;
}

/** Formats a time to the second; timestamps out of the range of dates are returned unchanged. */
function isoTime(timestamp: bigint): string {
  const date = new Date(Number(timestamp / 1_000_000n));
  return Number.isNaN(date.getTime()) ? String(timestamp) : `${date.toISOString().slice(0, 19)}Z`;
}
