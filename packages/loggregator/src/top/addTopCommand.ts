import type { Command } from "commander";
import { choice, positiveInteger, seconds } from "../optionValues.js";
import { withReadOptions } from "../read/readOptions.js";
import { inSession } from "../session.js";
import { sortKeys } from "./screens/sortKey.js";
import type { TopOptions } from "./top.js";

const examples = `
On a terminal, up and down select a source, Enter opens a screen with its
containers and requests, Esc goes back, s and S change the order, / filters by
name, Space pauses, and q quits. At the default interval, latencies are from the
timers of the last 30 to 60 s, and at most 10 % too high.

Rates are averages over the last five intervals. If the output is not a
terminal, the ten busiest sources and the ten busiest metrics are printed as
lines. Names are truncated to 256 characters. The server and the exit codes are
those of "loggregator tail".

Examples:
  loggregator top --gateway https://log-stream.example.com
  loggregator top --egress 127.0.0.1:8082 --type gauge --interval 5
  loggregator top --count 1 --json | jq '.sources[0]'`;

/** Adds `loggregator top`. */
export function addTopCommand(program: Command): void {
  withReadOptions(
    program
      .command("top")
      .summary("show the busiest sources and metrics")
      .description("Show the busiest sources and metrics with their rates."),
  )
    .option("--interval <seconds>", "time between two updates", seconds("--interval"), 1)
    .option("--count <n>", "exit after n updates", positiveInteger("--count"))
    .option(
      "--sort <key>",
      `order of sources: ${sortKeys.join(", ")}`,
      choice("--sort", sortKeys),
      "rate",
    )
    .option("--json", "print one JSON object per interval")
    .addHelpText("after", examples)
    .action((apps: string[], options: TopOptions) =>
      inSession(async (session) => {
        const { top } = await import("./top.js");
        await top({ ...options, apps }, session);
      }),
    );
}
