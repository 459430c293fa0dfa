import { readFileSync } from "node:fs";
import { Command } from "commander";
import { addCompletionCommand } from "./completion/addCompletionCommand.js";
import { addDemoCommand } from "./demo/addDemoCommand.js";
import { addDrainCommand } from "./drain/addDrainCommand.js";
import { addEmitCommand } from "./emit/addEmitCommand.js";
import { addEmulateCommand } from "./emulate/addEmulateCommand.js";
import { addMetaCommand } from "./meta/addMetaCommand.js";
import { addNozzleCommand } from "./nozzle/addNozzleCommand.js";
import { addQueryCommand } from "./query/addQueryCommand.js";
import { addRecentCommand } from "./recent/addRecentCommand.js";
import { addTailCommand } from "./tail/addTailCommand.js";
import { addTopCommand } from "./top/addTopCommand.js";
import { addUiCommand } from "./ui/addUiCommand.js";

/**
 * Creates the command with all of its subcommands and options. The shell completions and the man
 * page are generated from it.
 */
export function createProgram(): Command {
  const program = new Command("loggregator")
    .description("Run a local Loggregator, send envelopes, and read them.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help, with examples")
    .helpCommand("help [command]", "print help for a command")
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ outputError: () => {} })
    .addHelpText("after", examples);
  addEmulateCommand(program);
  addEmitCommand(program);
  addTailCommand(program);
  addTopCommand(program);
  addUiCommand(program);
  addRecentCommand(program);
  addQueryCommand(program);
  addMetaCommand(program);
  addDrainCommand(program);
  addNozzleCommand(program);
  addDemoCommand(program);
  addCompletionCommand(program);
  return program;
}

const examples = `
To try it, in one terminal:
  loggregator emulate --env loggregator.env
and in another:
  set -a; . ./loggregator.env; set +a
  loggregator tail &
  loggregator emit log --source-id my-app "hello"

For help on a command: "loggregator <command> --help". NO_COLOR disables colours.
Exit codes: 0, success; 1, failure; 2, wrong usage; 130, "emit" stopped by
Ctrl-C.`;

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
