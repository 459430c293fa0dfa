import type { Command } from "commander";
import { portNumber, positiveInteger } from "../optionValues.js";
import { withSinceOption } from "../read/filterOptions.js";
import { withReadOptions } from "../read/readOptions.js";
import { inSession } from "../session.js";
import type { UiOptions } from "./ui.js";

const examples = `
Serves a page of the live stream to browsers on this machine, until Ctrl-C. The
page shows logs, metrics and requests, and can search them. It can be opened
only with the link that this command prints. The token stays in this process.
Sources, tokens and the selection of envelopes are those of "loggregator tail";
the page receives selected envelopes only. To read from log-cache, select apps;
the page begins with the last 15 minutes, or as --since or --recent specifies.
Exit codes: 0, stopped by Ctrl-C; 1, no server, or refused; 2, wrong usage.

Examples:
  # the platform that cf is logged in to
  loggregator ui
  loggregator ui --gateway https://log-stream.sys.example.com
  # one app, from log-cache, with the token of its developer
  loggregator ui --log-cache --app checkout
  loggregator ui --app checkout --since 2h
  # from another machine, through a tunnel: ssh -L 8089:127.0.0.1:8089 …
  loggregator ui --port 8089`;

/** Adds `loggregator ui`. */
export function addUiCommand(program: Command): void {
  const reading = withReadOptions(
    program
      .command("ui")
      .summary("serve a page of envelopes to browsers")
      .description("Serve a page of the live stream to browsers on this machine."),
  ).optionsGroup("Envelopes:");
  withSinceOption(reading)
    .option(
      "-n, --recent <n>",
      "begin with the newest n envelopes in log-cache",
      positiveInteger("--recent"),
    )
    .optionsGroup("Options:")
    .option("--port <n>", "port of the page; default: 8089, or a free port", portNumber("--port"))
    .option("--json", "print the link as JSON")
    .addHelpText("after", examples)
    .action((apps: string[], options: UiOptions) =>
      inSession(async (session) => {
        const { ui } = await import("./ui.js");
        await ui({ ...options, apps }, session);
      }),
    );
}
