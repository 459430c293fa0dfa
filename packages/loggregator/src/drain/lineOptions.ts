import type { Command } from "commander";
import { choice, pattern } from "../optionValues.js";
import { colorModes } from "../terminal/paint.js";
import { timeModes } from "../terminal/renderEnvelope.js";

/** Adds the options of `LineOptions`. */
export function withLineOptions(command: Command): Command {
  return command
    .option("--tags", "show source ids instead of names of apps, and all tags")
    .option(
      "--highlight <regex>",
      "highlight text that matches this regular expression",
      pattern("--highlight"),
    )
    .option(
      "--time <mode>",
      `show times as ${timeModes.join(", ")}`,
      choice("--time", timeModes),
      "local",
    )
    .option(
      "--color <when>",
      `use colors: ${colorModes.join(", ")}`,
      choice("--color", colorModes),
      "auto",
    )
    .option("--json", "print one envelope per line, in the JSON of the gateway");
}
