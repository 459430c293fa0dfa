import type { Command } from "commander";
import { choice } from "../optionValues.js";
import { inSession } from "../session.js";
import { type Shell, shells } from "./shells.js";

const examples = `
The script completes commands, options, their values and files. It is generated
from this version of the command.

Examples:
  # bash, in ~/.bashrc
  source <(loggregator completion bash)
  # zsh, in ~/.zshrc after compinit
  source <(loggregator completion zsh)
  # fish
  loggregator completion fish > ~/.config/fish/completions/loggregator.fish`;

/** Adds `loggregator completion`. */
export function addCompletionCommand(program: Command): void {
  program
    .command("completion")
    .summary("print a shell completion script")
    .description("Print a script that completes the command line in a shell.")
    .argument("<shell>", shells.join(", "), choice("the shell", shells))
    .addHelpText("after", examples)
    .action((shell: Shell) =>
      inSession(async ({ stdout }) => {
        const { completionScript } = await import("./completionScript.js");
        await stdout.write(completionScript(shell, program));
      }),
    );
}
