import type { Selector } from "@loggregator/api";
import { type Command, Option } from "commander";
import { UsageError } from "../errors.js";
import { collectHosts, nonEmpty } from "../optionValues.js";
import { withProfileOption } from "../profile/withProfileOption.js";
import { withTlsOptions } from "../tlsOptions.js";
import { withNameOption, withSourceAndTypeOptions } from "./envelopeOptions.js";
import { withFilterOptions } from "./filterOptions.js";
import { findApps, withAppOptions } from "./foundation/appOptions.js";
import type { FoundationOptions } from "./foundation/foundation.js";
import { keeps, type Selection, selectorsOf } from "./selection.js";
import { isPlainName } from "./sources/matchingSources.js";
import type { Say, Source } from "./sources/source.js";
import { findSources } from "./sources/sources.js";

/** The common options of commands that read: the source, and the selection of envelopes. */
export interface ReadOptions extends Selection, FoundationOptions {
  readonly gateway?: string | undefined;
  readonly egress?: string | undefined;
  /** Whether to read from log-cache; its address may come from the environment. */
  readonly logCache?: true | undefined;
  readonly logCacheUrl?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly shardId?: string | undefined;
  /** The number of envelopes to read from log-cache before new ones. */
  readonly recent?: number | undefined;
}

/** Adds the options of `ReadOptions`. */
export function withReadOptions(command: Command): Command {
  const source = withStreamOptions(command)
    .option("--log-cache", "read from log-cache; requires the names of apps or sources")
    .option(
      "--log-cache-url <url>",
      "read from this log-cache, https://log-cache.<system domain> (env: LOGGREGATOR_LOG_CACHE_URL)",
    );
  return withSelectionOptions(withAppOptions(withTlsOptions(source))).hook("preAction", (command) =>
    refuseUnused(command),
  );
}

/** The options without effect on the server that another option selects. */
const unused: Readonly<Record<string, readonly string[]>> = {
  egress: ["token", "sendTokenTo"],
  gateway: ["cert", "key"],
  logCache: ["cert", "key", "shardId"],
  logCacheUrl: ["cert", "key", "shardId"],
  // They read from log-cache.
  recent: ["cert", "key"],
  since: ["cert", "key"],
};

/** The variables that name a server if no option does, in the order in which the first one is used. */
const serverVariables = {
  egress: "LOGGREGATOR_EGRESS_ADDRESS",
  gateway: "LOGGREGATOR_GATEWAY_URL",
  logCacheUrl: "LOGGREGATOR_LOG_CACHE_URL",
} as const;

/** @throws UsageError for options of another server on the command line. */
function refuseUnused(command: Command): void {
  const given = command.options.filter(
    (option) => command.getOptionValueSource(option.attributeName()) === "cli",
  );
  for (const server of given) {
    const wrong = given.find((option) =>
      unused[server.attributeName()]?.includes(option.attributeName()),
    );
    if (wrong !== undefined) {
      throw new UsageError(`${wrong.long} has no effect with ${server.long}; remove it`);
    }
  }
  const names = [...Object.keys(unused), "api"];
  if (names.some((name) => command.getOptionValue(name) !== undefined)) {
    return;
  }
  const [server, variable] =
    Object.entries(serverVariables).find(([, name]) => process.env[name]) ?? [];
  const wrong = given.find((option) => unused[server ?? ""]?.includes(option.attributeName()));
  if (wrong !== undefined) {
    throw new UsageError(
      `${wrong.long} has no effect with ${variable}, which names the server; leave it out, or give the server as an option`,
    );
  }
}

/** Adds the options that name a gateway or a Reverse Log Proxy. */
export function withStreamOptions(command: Command): Command {
  return withProfileOption(command.optionsGroup("Source:"))
    .option(
      "--gateway <url>",
      "RLP gateway, https://log-stream.<system domain> (env: LOGGREGATOR_GATEWAY_URL)",
    )
    .addOption(
      new Option(
        "--token <token>",
        'OAuth token for the gateway or log-cache; default: from "cf oauth-token"',
      ).env("CF_TOKEN"),
    )
    .option(
      "--send-token-to <host>",
      "also send cf's token to this host, outside its foundation; may be repeated",
      collectHosts,
    )
    .option(
      "--egress <address>",
      "Reverse Log Proxy, host:port, with --ca, --cert and --key (env: LOGGREGATOR_EGRESS_ADDRESS)",
    );
}

/** Adds the options that select envelopes. */
export function withSelectionOptions(command: Command): Command {
  const apps = command
    .argument("[app...]", "names of apps, source ids, or regular expressions that match names")
    .optionsGroup("Envelopes:");
  const selection = withNameOption(withSourceAndTypeOptions(apps)).option(
    "--shard-id <id>",
    "split the stream among all readers with this shard id",
    nonEmpty("--shard-id", "an id"),
  );
  return withFilterOptions(selection).optionsGroup("Options:");
}

/** The server to read from. */
export type SourcePlace =
  | { readonly kind: "egress"; readonly address: string }
  | {
      readonly kind: "gateway";
      readonly url: string;
      /** Whether it belongs to a foundation, whose API finds apps. */
      readonly isOfFoundation?: boolean;
    }
  /** With the address of the environment or foundation if there is no URL. */
  | { readonly kind: "log-cache"; readonly url: string | undefined };

/** The server that options name, with selectors. */
export interface LocatedSource {
  readonly place: SourcePlace;
  /** Whether no option names it. */
  readonly isDefault: boolean;
  readonly selectors: Selector[];
  /** The sources of `--source-id` and `--app`; undefined for all. */
  readonly sourceId: readonly string[] | undefined;
}

/** A source with its selectors. */
export interface OpenSource {
  readonly source: Source;
  /** Whether no option names it, so that the command prints which one it is. */
  readonly isDefault: boolean;
  readonly selectors: Selector[];
  /** The part of the selection that the server does not apply. */
  readonly selection: Selection;
}

/**
 * Opens the source of the options, the environment or the foundation that cf is logged in to, in
 * this order.
 *
 * @throws UsageError if they name none, or two; the errors of the sources.
 */
export async function openSource(given: ReadOptions, say: Say): Promise<OpenSource> {
  const { place, isDefault, sourceId } = await locateSource(given, say);
  const options = { ...given, sourceId };
  const opened = await open(place, options, say);
  const found = place.kind === "gateway" && place.isOfFoundation && (await namedApps(options, say));
  const sourceIds = found || opened.sourceIds;
  const selection = sourceIds === undefined ? options : { ...options, apps: undefined };
  // An empty list means that no source in log-cache matches yet: the selectors then name none.
  const selected = sourceIds?.length === 0 ? undefined : (sourceIds ?? sourceId);
  const selectors = selectorsOf({ ...options, sourceId: selected });
  return { source: opened.source, isDefault, selectors, selection };
}

/** An opened source, with the ids of the selected sources if they were looked up. */
interface Opened {
  readonly source: Source;
  readonly sourceIds?: readonly string[] | undefined;
}

/**
 * Finds the source that `openSource` opens.
 *
 * @throws UsageError if the options, the environment and the foundation name none, or two.
 */
export async function locateSource(given: ReadOptions, say: Say): Promise<LocatedSource> {
  const { gateway, egress, logCache, logCacheUrl } = given;
  const named = Object.entries({
    "--gateway": gateway,
    "--egress": egress,
    "--log-cache": logCache ?? logCacheUrl,
  }).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
  if (named.length > 1) {
    throw new UsageError(
      `${named.join(" and ")} cannot be combined; remove ${named.length === 2 ? "one of them" : "all but one"}`,
    );
  }
  // Also checks the options, before any request.
  selectorsOf(given);
  keeps(given);
  const needsLogCache = given.since !== undefined || given.recent !== undefined;
  if (needsLogCache) {
    requireLogCache(given);
  }
  const apps = await findApps(given, say);
  const sourceId = apps === undefined ? given.sourceId : [...(given.sourceId ?? []), ...apps];
  const options = { ...given, sourceId };
  const isDefault = named.length === 0 && !needsLogCache;
  const place = isDefault ? await defaultPlace(options, say) : namedPlace(options);
  if (place.kind === "log-cache" && options.shardId !== undefined) {
    throw new UsageError("--shard-id has no effect on log-cache, which has no shards; remove it");
  }
  return { place, isDefault, selectors: selectorsOf(options), sourceId };
}

/** @throws UsageError for options of other servers. */
function requireLogCache({ since, gateway, egress, shardId }: ReadOptions): void {
  const flag = since === undefined ? "--recent" : "--since";
  const others = { "--gateway": gateway, "--egress": egress, "--shard-id": shardId };
  const wrong = Object.entries(others).find(([, value]) => value !== undefined);
  if (wrong !== undefined) {
    throw new UsageError(`${flag} reads from log-cache and cannot be combined with ${wrong[0]}`);
  }
}

/** The source that an option names. An empty value is an error later, without a fallback. */
function namedPlace({ egress, gateway, logCacheUrl }: ReadOptions): SourcePlace {
  if (egress !== undefined) {
    return { kind: "egress", address: egress };
  }
  return gateway === undefined
    ? { kind: "log-cache", url: logCacheUrl }
    : { kind: "gateway", url: gateway };
}

/** The first available source. */
async function defaultPlace(options: ReadOptions, say: Say): Promise<SourcePlace> {
  const { LOGGREGATOR_EGRESS_ADDRESS, LOGGREGATOR_GATEWAY_URL, LOGGREGATOR_LOG_CACHE_URL } =
    process.env;
  if (options.api !== undefined) {
    return await foundationPlace(options, say);
  }
  if (LOGGREGATOR_EGRESS_ADDRESS) {
    return { kind: "egress", address: LOGGREGATOR_EGRESS_ADDRESS };
  }
  if (LOGGREGATOR_GATEWAY_URL) {
    return { kind: "gateway", url: LOGGREGATOR_GATEWAY_URL };
  }
  return LOGGREGATOR_LOG_CACHE_URL
    ? { kind: "log-cache", url: LOGGREGATOR_LOG_CACHE_URL }
    : await foundationPlace(options, say);
}

/** The gateway of a foundation, or its log-cache if it has none. */
async function foundationPlace(options: ReadOptions, say: Say): Promise<SourcePlace> {
  const { Foundation } = await import("./foundation/foundation.js");
  const foundation = await Foundation.find(options, say);
  if (foundation === undefined) {
    throw new UsageError(
      'pass --gateway, --egress or --log-cache-url; for a local Loggregator, start "loggregator emulate --env loggregator.env" and source that file',
    );
  }
  const { gatewayUrl, logCacheUrl } = await foundation.endpoints();
  if (gatewayUrl !== undefined) {
    return { kind: "gateway", url: gatewayUrl, isOfFoundation: true };
  }
  if (logCacheUrl !== undefined) {
    return { kind: "log-cache", url: logCacheUrl };
  }
  throw new UsageError(
    `${foundation.api.host} publishes neither a gateway nor a log-cache; pass an address with --gateway or --log-cache-url`,
  );
}

/**
 * The GUIDs of apps that the arguments name, for which the token of an ordinary user is enough.
 * Undefined if an argument is a regular expression, or is not the name of an app in the space.
 */
async function namedApps(options: ReadOptions, say: Say): Promise<string[] | undefined> {
  const { apps = [], sourceId } = options;
  if (apps.length === 0 || sourceId !== undefined || !apps.every(isPlainName)) {
    return undefined;
  }
  try {
    return await findSources({ ...options, sources: apps }, say);
  } catch (error) {
    if (error instanceof Error && error.name === "AppLookupError") {
      return undefined;
    }
    throw error;
  }
}

async function open(place: SourcePlace, options: ReadOptions, say: Say): Promise<Opened> {
  switch (place.kind) {
    case "egress":
      return await openEgress(place.address, options, say);
    case "gateway":
      return await openGateway(place.url, options, say);
    case "log-cache":
      return await openCache({ ...options, logCacheUrl: place.url }, say);
  }
}

async function openEgress(address: string, options: ReadOptions, say: Say): Promise<Opened> {
  const { egressSource } = await import("./sources/egressSource.js");
  return { source: await egressSource(address, options, say) };
}

async function openGateway(url: string, options: ReadOptions, say: Say): Promise<Opened> {
  const { gatewaySource } = await import("./sources/gatewaySource.js");
  return { source: await gatewaySource(url, options, say) };
}

async function openCache(options: ReadOptions, say: Say): Promise<Opened> {
  const { logCacheSource } = await import("./sources/logCacheSource.js");
  return await logCacheSource(options, say);
}
