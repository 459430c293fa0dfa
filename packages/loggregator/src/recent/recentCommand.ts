import type { Command } from "commander";
import { envelopeTypes } from "../filter/filter.js";
import { choice, list, pattern, positiveInteger } from "../optionValues.js";
import { withLogCacheOptions } from "../read/logCacheOptions.js";
import { collectTypes } from "../read/readOptions.js";
import { inSession } from "../session.js";
import { colorModes } from "../terminal/paint.js";
import { timeModes } from "../terminal/renderEnvelope.js";
import type { RecentOptions } from "./recent.js";

const examples = `
Prints the newest envelopes in log-cache, oldest first, and exits. By default,
only logs are printed. --count is applied before --grep and --exclude. Arguments
are names of apps if cf is logged in or --api is given, otherwise source ids.
Exit codes: 0, success; 1, no server, or refused; 2, wrong usage.

Examples:
  loggregator recent checkout
  loggregator recent --app checkout --space prod --org shop --count 1000
  loggregator recent checkout --type gauge --name cpu --count 5
  loggregator recent checkout --json | jq -r '.log.payload | @base64d'`;

/** Adds `loggregator recent`. */
export function addRecentCommand(program: Command): void {
  withLogCacheOptions(
    program
      .command("recent")
      .summary("print recent envelopes from log-cache")
      .description("Print the newest envelopes of apps from log-cache.")
      .argument("[app...]", "names of apps, or source ids"),
  )
    .optionsGroup("Envelopes:")
    .option(
      "-s, --source-id <id>",
      "from this source; may be repeated",
      list("--source-id", "an id"),
    )
    .option(
      "-t, --type <type>",
      `of type ${envelopeTypes.join(", ")}; may be repeated, or a list with commas`,
      collectTypes,
    )
    .option(
      "-n, --name <name>",
      "counters, gauges and timers with this name; may be repeated",
      list("--name", "a name"),
    )
    .option(
      "-g, --grep <regex>",
      "with a name or text that matches this regular expression",
      pattern("--grep"),
    )
    .option(
      "--exclude <regex>",
      "without envelopes that this regular expression matches",
      pattern("--exclude"),
    )
    .option("-i, --ignore-case", "ignore case in --grep and --exclude")
    .optionsGroup("Options:")
    .option("--count <n>", "maximum number of envelopes", positiveInteger("--count"), 100)
    .option("--tags", "show source ids instead of names of apps, and all tags")
    .option(
      "--time <mode>",
      `show times as ${timeModes.join(", ")}`,
      choice("--time", timeModes),
      "local",
    )
    .option(
      "--color <when>",
      `use colors: ${colorModes.join(", ")}`,
      choice("--color", colorModes),
      "auto",
    )
    .option("--json", "print one envelope per line, in the JSON of the gateway")
    .addHelpText("after", examples)
    .action((sources: string[], options: RecentOptions) =>
      inSession(async (session) => {
        const { recent } = await import("./recent.js");
        await recent({ ...options, sources }, session);
      }),
    );
}
