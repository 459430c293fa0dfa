import type { Command } from "commander";
import { UsageError } from "../errors.js";
import { choice, pattern, positiveInteger } from "../optionValues.js";
import { withReadOptions } from "../read/readOptions.js";
import { inSession, type Session } from "../session.js";
import { colorModes } from "../terminal/paint.js";
import { timeModes } from "../terminal/renderEnvelope.js";
import type { TailOptions } from "./tail.js";

const examples = `
Prints envelopes as they arrive, through outages, until Ctrl-C, which prints a
summary. A name of an app selects the apps whose whole name it matches, also
those that appear later. Names of apps are known from the tags that the platform
adds, so this reads all sources, which needs a token for all of them; with one
for some sources, use --source-id.
 Exit codes: 0, ended by Ctrl-C, by --count or by a reader that closed
the output ("| head"); 1, no server, or a refusal; 2, wrong usage.

Without an address it reads from LOGGREGATOR_EGRESS_ADDRESS,
LOGGREGATOR_GATEWAY_URL or LOGGREGATOR_LOG_CACHE_URL, in this order, or else
from the gateway or the log-cache of --api or of the Cloud Foundry that cf is
logged in to, and says from which. Log-cache needs no right to read all sources;
its envelopes come about 2 s late, in order. All users of a machine can see a
token on the command line, but not one in CF_TOKEN. The token of cf is only sent
to the foundation that issued it, unless --send-token-to names another host.

Examples:
  # the errors of an app and of its workers, but not of health checks
  loggregator tail checkout "checkout-worker-.*" -g error -i --exclude /health
  # one app with a token for it, after "cf login"
  loggregator tail --app my-app
  # the CPU and memory of all sources, from a local Loggregator
  loggregator emulate --env loggregator.env &
  set -a; . ./loggregator.env; set +a
  loggregator tail --name cpu --name memory
  # the next 100 counters and gauges, for a program
  loggregator tail --type counter,gauge --count 100 --json | jq .tags`;

/** Adds `loggregator tail`. */
export function addTailCommand(program: Command): void {
  withReadOptions(
    program
      .command("tail")
      .summary("follow envelopes")
      .description("Follow envelopes as they arrive."),
  )
    .option("--count <n>", "exit after n envelopes", positiveInteger("--count"))
    .option(
      "--recent <n>",
      'print the newest n envelopes of log-cache instead, as "loggregator recent"',
      positiveInteger("--recent"),
    )
    .option("--tags", "show source ids instead of the names of apps, and all tags")
    .option(
      "--highlight <regex>",
      "highlight text that matches this regular expression",
      pattern("--highlight"),
    )
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
    .action((apps: string[], options: TailOptions) =>
      inSession(async (session) => {
        if (options.recent !== undefined) {
          return await printRecent(apps, options, session);
        }
        const { tail } = await import("./tail.js");
        await tail({ ...options, apps }, session);
      }),
    );
}

/**
 * Prints recent envelopes. Arguments are names of apps or source ids, and options must be those of
 * log-cache.
 */
async function printRecent(
  sources: readonly string[],
  options: TailOptions,
  session: Session,
): Promise<void> {
  const flags = {
    "--gateway": options.gateway,
    "--egress": options.egress,
    "--shard-id": options.shardId,
    "--count": options.count,
  };
  const wrong = Object.entries(flags).find(([, value]) => value !== undefined);
  if (wrong !== undefined) {
    throw new UsageError(`--recent reads from log-cache, without ${wrong[0]}; leave it out`);
  }
  const { recent } = await import("../recent/recent.js");
  await recent({ ...options, sources, count: options.recent ?? 100 }, session);
}
