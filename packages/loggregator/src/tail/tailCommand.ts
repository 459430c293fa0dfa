import type { Command } from "commander";
import { wholeNumber } from "../optionValues.js";
import { withReadOptions } from "../read/readOptions.js";
import { inSession } from "../session.js";
import type { TailOptions } from "./tail.js";

const examples = `
Follows what comes, through outages, until Ctrl-C, which ends it with a summary.
Exit codes: 0, ended by Ctrl-C, by --count or by a reader that left ("| head");
1, nothing there to read from, or a refusal; 2, wrong usage.

Without --gateway and --egress it reads where LOGGREGATOR_EGRESS_ADDRESS or
LOGGREGATOR_GATEWAY_URL say, in this order. A token on the command line is seen
by all users of a machine; one in CF_TOKEN is not.

Examples:
  # all of one app, after "cf login"
  loggregator tail --gateway https://log-stream.example.com \\
    --source-id "$(cf app my-app --guid)"
  # the CPU and memory of everything, from a local Loggregator
  loggregator emulate --env loggregator.env &
  set -a; . ./loggregator.env; set +a
  loggregator tail --name cpu --name memory
  # the next 100 counters and gauges, for a machine
  loggregator tail --type counter,gauge --count 100 --json | jq .tags`;

/** Adds `loggregator tail`. */
export function addTailCommand(program: Command): void {
  withReadOptions(
    program
      .command("tail")
      .summary("follow envelopes")
      .description("Follow envelopes as they come."),
  )
    .option("--count <n>", "end after so many envelopes", wholeNumber)
    .option("--tags", "show all tags")
    .option("--json", "one envelope a line, as JSON as the gateway writes it")
    .addHelpText("after", examples)
    .action((options: TailOptions) =>
      inSession(async (session) => {
        const { tail } = await import("./tail.js");
        await tail(options, session);
      }),
    );
}
