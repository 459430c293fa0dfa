import type { Command } from "commander";
import { list, seconds } from "../optionValues.js";
import { withLogCacheOptions } from "../read/logCacheOptions.js";
import { inSession } from "../session.js";
import type { MetaOptions } from "./meta.js";

const examples = `
Prints, for each source that the token can read, the number of stored and of
expired envelopes, the period that they cover, and the number of new envelopes
per minute, busiest first. The rate is measured by two requests, --interval
seconds apart; --no-rate makes only one. Apps are printed with their names if
the Cloud Foundry API is known (from --api, or from your cf login).
Exit codes: 0, success; 1, no server, or refused; 2, wrong usage.

Examples:
  loggregator meta
  loggregator meta --app checkout --interval 60
  loggregator meta --no-rate --json | jq .source_id`;

/** Adds `loggregator meta`. */
export function addMetaCommand(program: Command): void {
  withLogCacheOptions(
    program
      .command("meta")
      .summary("list the sources in log-cache, with their rates")
      .description("List the sources in log-cache, with their rates.")
      .argument("[app...]", "names of apps, or source ids; default: all"),
  )
    .optionsGroup("Options:")
    .option(
      "-s, --source-id <id>",
      "only this source; may be repeated",
      list("--source-id", "an id"),
    )
    .option(
      "--interval <seconds>",
      "period over which rates are measured; default: 5",
      seconds("--interval"),
    )
    .option("--no-rate", "do not measure rates")
    .option("--guid", "print source ids, and do not look up the names of apps")
    .option("--json", "print one JSON object per source")
    .addHelpText("after", examples)
    .action((sources: string[], options: MetaOptions) =>
      inSession(async (session) => {
        const { meta } = await import("./meta.js");
        await meta({ ...options, sources }, session);
      }),
    );
}
