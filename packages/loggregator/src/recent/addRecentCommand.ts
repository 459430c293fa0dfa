import type { Command } from "commander";
import { positiveInteger } from "../optionValues.js";
import { withNameOption, withSourceAndTypeOptions } from "../read/envelopeOptions.js";
import { withFilterOptions, withTimeRangeOptions } from "../read/filterOptions.js";
import { withLogCacheOptions } from "../read/logCacheOptions.js";
import { inSession } from "../session.js";
import { withLineOptions } from "../terminal/withLineOptions.js";
import type { RecentOptions } from "./recent.js";

const examples = `
Prints the newest envelopes in log-cache, oldest first, and exits. By default,
only logs are printed. --count is applied before --grep and other filters.
Arguments are names of apps if you are logged in with cf or --api is set,
otherwise source ids, or names in the tags of the newest envelopes. Regular
expressions must match whole names; they select from the sources in log-cache.
Exit codes: 0, success; 1, no server, or refused; 2, wrong usage.

Examples:
  loggregator recent checkout
  loggregator recent --app checkout --space prod --org shop --count 1000
  loggregator recent "checkout.*" --since 15m --level error
  loggregator recent checkout --type gauge --name cpu --count 5
  loggregator recent checkout --output jsonl | jq -r .text`;

/** Adds `loggregator recent`. */
export function addRecentCommand(program: Command): void {
  const command = withLogCacheOptions(
    program
      .command("recent")
      .summary("print recent envelopes from log-cache")
      .description("Print the newest envelopes of apps from log-cache.")
      .argument("[app...]", "names of apps, or source ids"),
  ).optionsGroup("Envelopes:");
  const selection = withNameOption(withSourceAndTypeOptions(command));
  const selected = withTimeRangeOptions(withFilterOptions(selection)).option(
    "-n, --count <n>",
    "maximum number of envelopes; default: 100, or all with --since",
    positiveInteger("--count"),
  );
  withLineOptions(selected)
    .addHelpText("after", examples)
    .action((sources: string[], options: RecentOptions) =>
      inSession(async (session) => {
        const { recent } = await import("./recent.js");
        await recent({ ...options, sources }, session);
      }),
    );
}
