import type { Argument, Command, Option } from "commander";
import type { ChoiceParser } from "./optionValues.js";

/** The values of an option or argument: known words, paths of files, or anything else. */
export type Value =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "file" }
  | { readonly kind: "text" };

/** An option as it is written on the command line. */
export interface OptionModel {
  /** Such as `["-s", "--source-id"]`. */
  readonly names: readonly string[];
  /** Such as `<id>`. Undefined if it has no value. */
  readonly placeholder: string | undefined;
  readonly value: Value | undefined;
  readonly description: string;
  /** The text of its default. */
  readonly defaultText: string | undefined;
  /** The environment variable that sets it. */
  readonly variable: string | undefined;
}

export interface ArgumentModel {
  /** Such as `[message...]`. */
  readonly placeholder: string;
  readonly value: Value;
  readonly description: string;
}

/** A command with its options and subcommands, as the parser uses them. */
export interface CommandModel {
  /** Such as `loggregator emit log`. */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly options: readonly OptionModel[];
  readonly arguments: readonly ArgumentModel[];
  readonly commands: readonly CommandModel[];
}

/** Describes a command, with everything that its help lists. */
export function modelOf(command: Command, parentPath = ""): CommandModel {
  const path = `${parentPath} ${command.name()}`.trim();
  const help = command.createHelp();
  const listed = help.visibleCommands(command);
  const names = listed.map((child) => child.name());
  return {
    path,
    name: command.name(),
    summary: command.summary() || command.description(),
    description: command.description(),
    options: help.visibleOptions(command).map(optionModel),
    arguments: command.registeredArguments.map(argumentModel),
    commands: listed.map((child) => {
      const model = modelOf(child, path);
      // The argument of "help" is the name of a sibling command.
      return child.name() === "help" && !command.commands.includes(child)
        ? { ...model, arguments: model.arguments.map((argument) => withWords(argument, names)) }
        : model;
    }),
  };
}

/** Returns a command and all commands below it, parents first. */
export function allCommands(command: CommandModel): CommandModel[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

function withWords(argument: ArgumentModel, names: readonly string[]): ArgumentModel {
  const words = names.filter((name) => name !== "help");
  return { ...argument, value: { kind: "words", words } };
}

function optionModel(option: Option): OptionModel {
  const [, placeholder] = /([<[].+)$/.exec(option.flags) ?? [];
  const { defaultValue } = option;
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    placeholder,
    value: placeholder === undefined ? undefined : valueKind(placeholder, option.parseArg),
    description: option.description,
    defaultText:
      typeof defaultValue === "string" || typeof defaultValue === "number"
        ? String(defaultValue)
        : undefined,
    variable: option.envVar,
  };
}

function argumentModel(argument: Argument): ArgumentModel {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  const placeholder = argument.required ? `<${name}>` : `[${name}]`;
  return {
    placeholder,
    value: valueKind(placeholder, argument.parseArg),
    description: argument.description,
  };
}

function valueKind(placeholder: string, parser: object | undefined): Value {
  const words = (parser as Partial<ChoiceParser> | undefined)?.choices;
  if (words !== undefined) {
    return { kind: "words", words };
  }
  return { kind: /path|file|folder/.test(placeholder) ? "file" : "text" };
}
