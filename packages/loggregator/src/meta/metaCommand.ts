import type { Command } from "commander";
import { list, seconds } from "../optionValues.js";
import { withLogCacheOptions } from "../read/logCacheOptions.js";
import { inSession } from "../session.js";
import type { MetaOptions } from "./meta.js";

const examples = `
Prints, for each source that log-cache has and the token may see, how many
envelopes are stored, how many have expired, of which time they are, and how
many more there are per minute. The rate is that of --interval, in which the
sources are counted twice; --no-rate counts once. The busiest come first.
Exit codes: 0, done; 1, no server, or a refusal; 2, wrong usage.

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
    .option("-s, --source-id <id>", "this source; may be repeated", list("--source-id", "an id"))
    .option("--interval <seconds>", "measure rates over this time", seconds("--interval"), 5)
    .option("--no-rate", "do not measure rates")
    .option("--json", "print one JSON object per source")
    .addHelpText("after", examples)
    .action((sources: string[], options: MetaOptions) =>
      inSession(async (session) => {
        const { meta } = await import("./meta.js");
        await meta({ ...options, sources }, session);
      }),
    );
}
