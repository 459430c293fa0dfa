import { closestName } from "@loggregator/core";
import { type Command, CommanderError } from "commander";
import { createProgram } from "./createProgram.js";
import { UsageError } from "./errors.js";
import { explain } from "./explain.js";
import { applyProfile } from "./profile/applyProfile.js";
import { say } from "./session.js";

/**
 * Runs `loggregator` with these arguments in this process. Failures are printed on standard error.
 *
 * @returns The exit code: 0, done; 1, failed; 2, wrong usage; 130, interrupted.
 */
export async function run(args: readonly string[]): Promise<number> {
  let parsed = false;
  const program = createProgram().hook("preAction", async (_, command) => {
    parsed = true;
    await applyProfile(command, say);
  });
  try {
    await program.parseAsync(withoutHelpCommand(program, args), { from: "user" });
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

/**
 * Returns the arguments with `help emit log` written as `emit log --help`. The parser ignores names
 * of commands that it does not know if help is requested.
 *
 * @throws CommanderError for the name of an unknown command.
 */
function withoutHelpCommand(program: Command, args: readonly string[]): string[] {
  const path: string[] = [];
  let command: Command = program;
  let needsHelp = false;
  for (const name of args) {
    if (command.commands.length === 0 || name.startsWith("-")) {
      break;
    }
    if (name === "help" && !needsHelp) {
      needsHelp = true;
      continue;
    }
    const next = command.commands.find((known) => known.name() === name);
    if (next === undefined) {
      command.error(`error: unknown command '${name}'`, { code: "commander.unknownCommand" });
    }
    path.push(name);
    command = next;
  }
  const rest = args.slice(path.length + (needsHelp ? 1 : 0));
  return [...path, ...(needsHelp ? ["--help"] : []), ...rest];
}

/** Returns the command of the arguments, as far as its names are known. */
function chosenCommand(program: Command, [name, ...rest]: readonly string[]): Command {
  if (name === "help") {
    return chosenCommand(program, rest);
  }
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
