import { type Command, Option } from "commander";
import { nonEmpty } from "../optionValues.js";

/** Adds the option that names a profile. */
export function withProfileOption(command: Command): Command {
  return command.addOption(
    new Option(
      "--profile <name>",
      "use this profile of the configuration; default: its default profile (env: LOGGREGATOR_PROFILE)",
    ).argParser(nonEmpty("--profile", "a name")),
  );
}
