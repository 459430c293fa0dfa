import { allCommands, type CommandModel, type OptionModel, type Value } from "../commandModel.js";

/** An option with a value: the words of the command line that precede the value. */
export interface ValueCase {
  /** Such as `loggregator tail --time`, one for each name of the option. */
  readonly places: readonly string[];
  readonly value: Value;
}

/** Returns all options with values of all commands. */
export function valueCases(program: CommandModel): ValueCase[] {
  return allCommands(program).flatMap(({ path, options }) =>
    options.flatMap(({ names, value }) =>
      value === undefined ? [] : [{ places: names.map((name) => `${path} ${name}`), value }],
    ),
  );
}

/** Returns the words that can be arguments of a command. */
export function argumentWords({ arguments: list }: CommandModel): readonly string[] {
  return list.flatMap(({ value }) => (value.kind === "words" ? value.words : []));
}

/** Returns whether arguments of a command are paths of files. */
export function hasFileArgument({ arguments: list }: CommandModel): boolean {
  return list.some(({ value }) => value.kind === "file");
}

/** The description of an option without details, which follow a semicolon. */
export function shortDescription({ description }: OptionModel): string {
  return description.split(/[;(]/, 1)[0]?.trim() ?? "";
}

/** Quotes a text for bash and zsh. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
