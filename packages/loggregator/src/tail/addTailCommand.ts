import type { Command } from "commander";
import { UsageError } from "../errors.js";
import { positiveInteger } from "../optionValues.js";
import { withTimeRangeOptions } from "../read/filterOptions.js";
import { withReadOptions } from "../read/readOptions.js";
import { selectedTypes } from "../read/selection.js";
import { inSession, type Session } from "../session.js";
import { withLineOptions } from "../terminal/withLineOptions.js";
import type { TailOptions } from "./tail.js";

const examples = `
Prints envelopes as they arrive and reconnects after outages, until Ctrl-C.
An argument selects apps by their whole name, including apps that start later.
Names are taken from the tags of the envelopes, so all sources are read, and the
token must be valid for all of them. Otherwise, use --app or --source-id.
Exit codes: 0, stopped by Ctrl-C, --count or a closed output ("| head"); 1, no
server, or refused; 2, wrong usage.

If no option specifies a server, the first of LOGGREGATOR_EGRESS_ADDRESS,
LOGGREGATOR_GATEWAY_URL and LOGGREGATOR_LOG_CACHE_URL that is set is used, or
else the gateway or log-cache of --api or of the foundation that cf is logged in
to. Its address is printed on standard error. From log-cache, envelopes arrive
in order, about 2 s late, and a token for the selected sources is enough. All
users of the machine can see a token on the command line, but not one in
CF_TOKEN. cf's token is sent only to its own foundation, unless --send-token-to
allows another host.

Examples:
  # errors of an app and its workers, without health checks
  loggregator tail checkout "checkout-worker-.*" -g error -i --exclude /health
  # one app with a token for it, after "cf login"
  loggregator tail --app my-app
  # CPU and memory of all sources, from a local Loggregator
  loggregator emulate --env loggregator.env &
  set -a; . ./loggregator.env; set +a
  loggregator tail --name cpu --name memory
  # the next 100 counters and gauges as JSON
  loggregator tail --type counter,gauge --count 100 --json | jq .tags`;

/** Adds `loggregator tail`. */
export function addTailCommand(program: Command): void {
  const command = withTimeRangeOptions(
    withReadOptions(
      program
        .command("tail")
        .summary("follow envelopes")
        .description("Print envelopes as they arrive."),
    ).optionsGroup("Envelopes:"),
  )
    .optionsGroup("Options:")
    .option(
      "-n, --recent <n>",
      "print the newest n envelopes in log-cache and exit; with -f, continue",
      positiveInteger("--recent"),
    )
    .option("-f, --follow", "with --recent, continue with new envelopes")
    .option("--count <n>", "exit after n envelopes", positiveInteger("--count"));
  withLineOptions(command)
    .addHelpText("after", examples)
    .action((apps: string[], options: TailOptions) =>
      inSession(async (session) => {
        if (isPast(options)) {
          return await printRecent(apps, options, session);
        }
        const { tail } = await import("./tail.js");
        await tail({ ...options, apps }, session);
      }),
    );
}

/** Whether all envelopes to print are in the past. */
function isPast({ recent, follow, since, until }: TailOptions): boolean {
  if (follow && recent === undefined) {
    throw new UsageError("--follow continues after --recent; pass --recent, or remove --follow");
  }
  if (since !== undefined && until !== undefined && since >= until) {
    throw new UsageError("--since must be before --until");
  }
  const hasEnded = until !== undefined && until <= BigInt(Date.now()) * 1_000_000n;
  if (hasEnded && since === undefined && recent === undefined) {
    throw new UsageError("--until is in the past; pass --since or --recent as well");
  }
  return hasEnded || (recent !== undefined && !follow);
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
  };
  const wrong = Object.entries(flags).find(([, value]) => value !== undefined);
  if (wrong !== undefined) {
    const flag = options.recent === undefined ? "--since" : "--recent";
    throw new UsageError(`${flag} reads from log-cache and cannot be combined with ${wrong[0]}`);
  }
  if (options.count !== undefined) {
    throw new UsageError(
      options.recent === undefined
        ? "--count ends a stream, but --until is in the past; pass the number with --recent"
        : "--count ends a stream, and --recent has a number of its own; remove --count, or continue with --follow",
    );
  }
  const { recent } = await import("../recent/recent.js");
  // Like `tail`, not only logs.
  const type = selectedTypes(options);
  await recent({ ...options, type, sources, count: options.recent }, session);
}
