import { silentLogger } from "@loggregator/core";
import { LogCacheClient } from "@loggregator/log-cache";
import { UsageError } from "../../errors.js";
import { withFlags } from "../../explain.js";
import { findToken } from "../findToken.js";
import type { FoundationOptions } from "../foundation/foundation.js";
import { fetchFor, parseUrl } from "../httpAddress.js";
import type { LogCacheOptions } from "../logCacheOptions.js";
import type { Say } from "./source.js";

/** A log-cache that can be read. */
export interface OpenLogCache {
  readonly client: LogCacheClient;
  readonly name: string;
}

/**
 * Opens the log-cache of the options, the environment or the foundation, in this order. Prints its
 * address if no option names it.
 *
 * @throws UsageError if there is none.
 */
export async function openLogCache(options: LogCacheOptions, say: Say): Promise<OpenLogCache> {
  const address = options.logCacheUrl ?? (await defaultUrl(options, say));
  const url = parseUrl("--log-cache-url", address, "https://log-cache.example.com");
  const fetch = await fetchFor(url, options.ca);
  const token = await findToken(url, options, say);
  const client = await withFlags(
    { url: "--log-cache-url", token: "--token" },
    () => new LogCacheClient({ url, token, fetch, logger: silentLogger }),
  );
  const name = url.origin;
  if (options.logCacheUrl === undefined) {
    say(`reading from log-cache ${name}`);
  }
  return { client, name };
}

async function defaultUrl(options: FoundationOptions, say: Say): Promise<string> {
  const { LOGGREGATOR_LOG_CACHE_URL } = process.env;
  if (LOGGREGATOR_LOG_CACHE_URL && options.api === undefined) {
    return LOGGREGATOR_LOG_CACHE_URL;
  }
  const { Foundation } = await import("../foundation/foundation.js");
  const foundation = await Foundation.find(options, say);
  if (foundation === undefined) {
    throw new UsageError(
      'pass --log-cache-url or --api, or log in with "cf login"; for a local Loggregator, start "loggregator emulate --env loggregator.env" and source that file',
    );
  }
  const { logCacheUrl } = await foundation.endpoints();
  if (logCacheUrl === undefined) {
    throw new UsageError(
      `${foundation.api.host} publishes no log-cache; pass its address with --log-cache-url`,
    );
  }
  return logCacheUrl;
}
