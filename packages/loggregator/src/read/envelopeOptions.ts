import type { Command } from "commander";
import { type EnvelopeType, envelopeTypes } from "../filter/filter.js";
import { list, rejected, withChoices } from "../optionValues.js";

/** Adds the options that select envelopes by source and type. */
export function withSourceAndTypeOptions(command: Command): Command {
  return command
    .option(
      "-s, --source-id <id>",
      "envelopes from this source; may be repeated",
      list("--source-id", "an id"),
    )
    .option(
      "-t, --type <type>",
      `envelopes of these types: ${envelopeTypes.join(", ")}; separate them with commas, or repeat the option`,
      collectTypes,
    );
}

/** Adds `--name`. */
export function withNameOption(command: Command): Command {
  return command.option(
    "--name <name>",
    "counters, gauges and timers with this name; may be repeated",
    list("--name", "a name"),
  );
}

/** Types, separated by commas; may be repeated. */
const collectTypes = withChoices(
  envelopeTypes,
  (text: string, before: readonly EnvelopeType[] = []): readonly EnvelopeType[] => {
    const types = text.split(",").map((word) => {
      const type = envelopeTypes.find((known) => known === word.trim());
      if (type !== undefined) {
        return type;
      }
      throw rejected("--type", `one of ${envelopeTypes.join(", ")}`, word.trim());
    });
    return [...before, ...types];
  },
);
