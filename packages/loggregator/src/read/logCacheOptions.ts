import { type Command, Option } from "commander";
import { collectHosts } from "../optionValues.js";
import { withProfileOption } from "../profile/withProfileOption.js";
import { withAppOptions } from "./foundation/appOptions.js";
import type { FoundationOptions } from "./foundation/foundation.js";

/** The options of commands that read from log-cache. */
export interface LogCacheOptions extends FoundationOptions {
  readonly logCacheUrl?: string | undefined;
}

/** Adds the options of `LogCacheOptions`. */
export function withLogCacheOptions(command: Command): Command {
  return withAppOptions(
    withProfileOption(command.optionsGroup("Source:"))
      .option(
        "--log-cache-url <url>",
        "log-cache, https://log-cache.<system domain> (env: LOGGREGATOR_LOG_CACHE_URL); default: that of --api",
      )
      .addOption(
        new Option("--token <token>", 'OAuth token; default: from "cf oauth-token"').env(
          "CF_TOKEN",
        ),
      )
      .option(
        "--send-token-to <host>",
        "also send cf's token to this host, outside its foundation; may be repeated",
        collectHosts,
      )
      .addOption(
        new Option(
          "--ca <path>",
          "PEM file of the authorities that sign the server's certificate",
        ).env("LOGGREGATOR_CA_PATH"),
      ),
  );
}
