import type { Command } from "commander";
import { UsageError } from "../errors.js";
import { FilterSyntaxError } from "../filter/filterSyntaxError.js";
import { parseFilter } from "../filter/parseFilter.js";
import { parseTime, timeForms } from "../filter/parseTime.js";
import { collectTag, list, patterns, rejected, withChoices } from "../optionValues.js";
import { type Level, levelNamed, levels } from "../text/level.js";

/** Adds the options that select by instance, tag, text and level. */
export function withFilterOptions(command: Command): Command {
  return command
    .option(
      "--instance <id>",
      "envelopes from this instance; may be repeated",
      list("--instance", "an instance id"),
    )
    .option("--tag <name=value>", "envelopes with this tag; may be repeated", collectTag)
    .option(
      "-g, --grep <regex>",
      "envelopes whose name or text matches this regular expression; may be repeated: one must match",
      patterns("--grep"),
    )
    .option(
      "--exclude <regex>",
      "no envelopes whose name or text matches this regular expression; may be repeated",
      patterns("--exclude"),
    )
    .option("-i, --ignore-case", "ignore case when matching text")
    .option(
      "-l, --level <level>",
      `logs of this level or a more severe one: ${levels.join(", ")}`,
      level,
    )
    .option(
      "--filter <terms>",
      "envelopes that match these terms, as in the search box of the page: 'refused -health field:status=500'",
      filter,
    );
}

/** Adds `--since` and `--until`. */
export function withTimeRangeOptions(command: Command): Command {
  return withSinceOption(command).option(
    "--until <time>",
    "before this time",
    timeOption("--until"),
  );
}

/** Adds `--since`. */
export function withSinceOption(command: Command): Command {
  return command.option(
    "--since <time>",
    `not before this time: ${timeForms}`,
    timeOption("--since"),
  );
}

function timeOption(flag: string): (text: string) => bigint {
  return (text) => {
    const time = parseTime(text);
    if (time === undefined) {
      throw rejected(flag, `a time such as ${timeForms}`, text);
    }
    return time;
  };
}

const level = withChoices(levels, (text: string): Level => {
  const level = levelNamed(text);
  if (level === undefined) {
    throw rejected("--level", `one of ${levels.join(", ")}`, text);
  }
  return level;
});

function filter(text: string, before: readonly string[] = []): readonly string[] {
  try {
    parseFilter(text);
    return [...before, text];
  } catch (error) {
    if (error instanceof FilterSyntaxError) {
      throw new UsageError(`--filter: ${error.message}`, { cause: error });
    }
    throw error;
  }
}
