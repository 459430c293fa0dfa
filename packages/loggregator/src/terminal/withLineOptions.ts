import type { Command } from "commander";
import { choice, list, nonEmpty, patterns } from "../optionValues.js";
import { jsonModes } from "../text/jsonLog.js";
import { outputFormats } from "./outputFormats.js";
import { colorModes } from "./paint.js";
import { timeModes } from "./printer/clock.js";

/** Adds the options of `LineOptions`. */
export function withLineOptions(command: Command): Command {
  return command
    .optionsGroup("Output:")
    .option(
      "-o, --output <format>",
      "text; json: as the gateway writes it; jsonl: with decoded text and ISO times; template; default: text",
      choice("--output", outputFormats),
    )
    .option("--json", "same as --output json")
    .option(
      "--template <text>",
      'print this for each envelope, such as "{time} {source} {text}"',
      nonEmpty("--template", 'a template such as "{time} {source} {text}"'),
    )
    .option(
      "--json-logs <mode>",
      `format of JSON logs: ${jsonModes.join(", ")}; default: line`,
      choice("--json-logs", jsonModes),
    )
    .option("--fields <names>", "show only these fields of JSON logs: level,msg,req.id", fieldNames)
    .option("--tags", "show source ids instead of app names, and show all tags")
    .option(
      "--highlight <regex>",
      "highlight text that matches this regular expression; may be repeated; default: --grep",
      patterns("--highlight"),
    )
    .option(
      "--time <mode>",
      `format of times: ${timeModes.join(", ")}; default: local`,
      choice("--time", timeModes),
    )
    .option(
      "--color <when>",
      `use colours: ${colorModes.join(", ")}; default: auto`,
      choice("--color", colorModes),
    )
    .optionsGroup("Options:");
}

/** Names with commas between them; may be repeated. */
function fieldNames(text: string, before: readonly string[] = []): readonly string[] {
  const parse = list("--fields", "names with commas between them, such as level,msg");
  return text.split(",").reduce((names, name) => parse(name.trim(), names), before);
}
