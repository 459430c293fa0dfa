import type { Command } from "commander";
import { modelOf } from "../commandModel.js";
import { bashScript } from "./bashScript.js";
import { fishScript } from "./fishScript.js";
import type { Shell } from "./shells.js";
import { zshScript } from "./zshScript.js";

const writers = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Returns the completion script of a shell, with all commands and options of the program. */
export function completionScript(shell: Shell, program: Command): string {
  return writers[shell](modelOf(program));
}
