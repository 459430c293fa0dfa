import type { Command } from "commander";
import { choice, list, pattern, positiveInteger } from "../optionValues.js";
import { withLogCacheOptions } from "../read/logCacheOptions.js";
import { collectTypes } from "../read/readOptions.js";
import { envelopeTypes } from "../read/selection.js";
import { inSession } from "../session.js";
import { colorModes } from "../terminal/paint.js";
import { timeModes } from "../terminal/renderEnvelope.js";
import type { RecentOptions } from "./recent.js";

const examples = `
Prints the newest envelopes that log-cache has, the oldest of them first, and
ends. By default, these are logs. --count is applied before --grep and
--exclude. An argument is the name of an app if cf is logged in or --api is
given, and a source id otherwise.
Exit codes: 0, done; 1, no server, or a refusal; 2, wrong usage.

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
    .option("-s, --source-id <id>", "of this source; may be repeated", list("--source-id", "an id"))
    .option(
      "-t, --type <type>",
      `${envelopeTypes.join(", ")}; may be repeated, or separated by commas`,
      collectTypes,
    )
    .option(
      "-n, --name <name>",
      "counters, gauges and timers of this name; may be repeated",
      list("--name", "a name"),
    )
    .option(
      "-g, --grep <regex>",
      "whose name or text matches this regular expression",
      pattern("--grep"),
    )
    .option("--exclude <regex>", "whose name and text do not match this one", pattern("--exclude"))
    .option("-i, --ignore-case", "ignore case in regular expressions for text")
    .optionsGroup("Options:")
    .option("--count <n>", "how many", positiveInteger("--count"), 100)
    .option("--tags", "show source ids instead of the names of apps, and all tags")
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
