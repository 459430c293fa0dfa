import type { Command } from "commander";
import { seconds, wholeNumber } from "../optionValues.js";
import { withReadOptions } from "../read/readOptions.js";
import { inSession } from "../session.js";
import type { TopOptions } from "./top.js";

const examples = `
Rates are over the last five intervals. Where the output is no terminal it
prints lines instead, of the ten busiest sources and the ten busiest metrics.
Where it reads from is said as to "loggregator tail", and so are its exit codes.

Examples:
  loggregator top --gateway https://log-stream.example.com
  loggregator top --egress 127.0.0.1:8082 --type gauge --interval 5
  loggregator top --count 1 --json | jq '.sources[0]'`;

/** Adds `loggregator top`. */
export function addTopCommand(program: Command): void {
  withReadOptions(
    program
      .command("top")
      .summary("watch the busiest sources and metrics")
      .description("Watch the busiest sources and metrics, with their rates."),
  )
    .option("--interval <seconds>", "between two looks", seconds, 1)
    .option("--count <n>", "end after so many looks", wholeNumber)
    .option("--json", "one JSON object at each interval")
    .addHelpText("after", examples)
    .action((options: TopOptions) =>
      inSession(async (session) => {
        const { top } = await import("./top.js");
        await top(options, session);
      }),
    );
}
