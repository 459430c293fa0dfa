import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addDemoCommand } from "./demo/demoCommand.js";
import { addEmitCommand } from "./emit/emitCommand.js";
import { addEmulateCommand } from "./emulate/emulateCommand.js";
import { explain } from "./explain.js";
import { say } from "./session.js";
import { addTailCommand } from "./tail/tailCommand.js";
import { addTopCommand } from "./top/topCommand.js";

/**
 * Runs `loggregator` with these arguments in this process.
 *
 * @returns the exit code: 0, done; 1, failed; 2, asked for wrongly; 130, interrupted half-way. What
 *   failed has been told on standard error by then.
 */
export async function run(args: readonly string[]): Promise<number> {
  const program = new Command("loggregator")
    .description("Cloud Foundry's Loggregator on the command line")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "explain a command, with examples")
    .exitOverride()
    .configureOutput({
      outputError: (message) => {
        // One line, whatever the parser has to say, and where to read on.
        const line = message
          .replace(/^error: /, "")
          .trim()
          .replace(/\s*\n\s*/g, " ")
          .replace(/\.$/, "");
        say(`${line}; see "${["loggregator", ...commandPath(program, args)].join(" ")} --help"`);
      },
    })
    .addHelpText("after", examples);
  addEmulateCommand(program);
  addEmitCommand(program);
  addTailCommand(program);
  addTopCommand(program);
  addDemoCommand(program);
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    // The parser has told its own errors already; help and version are "errors" with code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { message, exitCode } = explain(error);
    say(message);
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

"loggregator <command> --help" explains a command. NO_COLOR turns colours off.
Exit codes: 0, done; 1, failed; 2, wrong usage; 130, "emit" ended by Ctrl-C.`;

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** The command that is meant, as far as its name is known: `["emit", "log"]`. */
function commandPath(program: Command, args: readonly string[]): string[] {
  const [name, ...rest] = args;
  const command = program.commands.find((known) => known.name() === name);
  return command === undefined ? [] : [command.name(), ...commandPath(command, rest)];
}
