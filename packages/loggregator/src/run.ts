import { readFileSync } from "node:fs";
import { closestName } from "@loggregator/core";
import { Command, CommanderError } from "commander";
import { addDemoCommand } from "./demo/demoCommand.js";
import { addDrainCommand } from "./drain/drainCommand.js";
import { addEmitCommand } from "./emit/emitCommand.js";
import { addEmulateCommand } from "./emulate/emulateCommand.js";
import { UsageError } from "./errors.js";
import { explain } from "./explain.js";
import { addMetaCommand } from "./meta/metaCommand.js";
import { addQueryCommand } from "./query/queryCommand.js";
import { addRecentCommand } from "./recent/recentCommand.js";
import { say } from "./session.js";
import { addTailCommand } from "./tail/tailCommand.js";
import { addTopCommand } from "./top/topCommand.js";

/**
 * Runs `loggregator` with these arguments in this process. Failures are printed on standard error.
 *
 * @returns The exit code: 0, done; 1, failed; 2, wrong usage; 130, interrupted.
 */
export async function run(args: readonly string[]): Promise<number> {
  let parsed = false;
  const program = new Command("loggregator")
    .description("Run a local Loggregator, send envelopes, and read them.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help, with examples")
    .helpCommand("help [command]", "print help for a command")
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ outputError: () => {} })
    .hook("preAction", () => {
      parsed = true;
    })
    .addHelpText("after", examples);
  addEmulateCommand(program);
  addEmitCommand(program);
  addTailCommand(program);
  addTopCommand(program);
  addRecentCommand(program);
  addQueryCommand(program);
  addMetaCommand(program);
  addDrainCommand(program);
  addDemoCommand(program);
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    const command = chosenCommand(program, args);
    const help = `see "${pathOf(command)} --help"`;
    if (error instanceof CommanderError) {
      // Help and version are "errors" with code 0, and help has been printed.
      if (error.exitCode === 0) {
        return 0;
      }
      if (error.code !== "commander.help") {
        say(`${parserMessage(error, command)}; ${help}`);
      }
      return 2;
    }
    const { message, exitCode } = explain(error);
    say(error instanceof UsageError && !parsed ? `${message}; ${help}` : message);
    return exitCode;
  }
}

const examples = `
To try it, in one terminal:
  loggregator emulate --env loggregator.env
and in another:
  set -a; . ./loggregator.env; set +a
  loggregator tail &
  loggregator emit log --source-id my-app "hello"

For help on a command: "loggregator <command> --help". NO_COLOR disables colors.
Exit codes: 0, success; 1, failure; 2, wrong usage; 130, "emit" stopped by
Ctrl-C.`;

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Returns the command of the arguments, as far as its names are known. */
function chosenCommand(program: Command, [name, ...rest]: readonly string[]): Command {
  const command = program.commands.find((known) => known.name() === name);
  return command === undefined ? program : chosenCommand(command, rest);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** Returns the parser's message, with a suggestion if a name is close to a known one. */
function parserMessage({ message, code }: CommanderError, command: Command): string {
  const text = message.startsWith("error: ") ? message.slice("error: ".length) : message;
  const sentence = text.endsWith(".") ? text.slice(0, -1) : text;
  const name = text.slice(text.indexOf("'") + 1, text.lastIndexOf("'"));
  const dashes = code === "commander.unknownOption" ? "--" : "";
  const known = namesFor(code, command).map((name) => name.slice(dashes.length));
  const closest = closestName(name.slice(dashes.length), known);
  return closest === undefined ? sentence : `${sentence} (Did you mean ${dashes}${closest}?)`;
}

function namesFor(code: string, command: Command): string[] {
  switch (code) {
    case "commander.unknownCommand":
      return command.commands.map((known) => known.name());
    case "commander.unknownOption":
      return command.options.flatMap(({ long }) => long ?? []);
    default:
      return [];
  }
}
