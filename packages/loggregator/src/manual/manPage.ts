import type { Command } from "commander";
import { type CommandModel, modelOf, type OptionModel } from "../commandModel.js";

/** Variables that are not the variable of one option only. */
const variables: Readonly<Record<string, string>> = {
  LOGGREGATOR_EGRESS_ADDRESS: "host:port of the Reverse Log Proxy to read from.",
  LOGGREGATOR_GATEWAY_URL: "URL of the gateway to read from, if no egress address is set.",
  LOGGREGATOR_LOG_CACHE_URL: "URL of log-cache to read from, if neither of these is set.",
  LOGGREGATOR_PROFILE: "Name of the profile to use.",
  NO_COLOR: "Disables colours.",
  XDG_CONFIG_HOME: "Folder of the configuration. Default: ~/.config.",
};

/** Returns the man page, in the macros of man(7), with all commands and options of the program. */
export function manPage(program: Command, version: string): string {
  const model = modelOf(program);
  const commands = describedCommands(program, model);
  return `${[
    `.TH LOGGREGATOR 1 "" "loggregator ${text(version)}" "User Commands"`,
    ".SH NAME",
    `loggregator \\- ${text(lowerFirst(model.description))}`,
    ".SH SYNOPSIS",
    ".B loggregator",
    "\\fIcommand\\fR [\\fIoptions\\fR] [\\fIarguments\\fR]",
    ".SH DESCRIPTION",
    "Each command is described below. \\fBloggregator\\fR \\fIcommand\\fR \\fB\\-\\-help\\fR prints the same text.",
    ".SH COMMANDS",
    ...commands.flatMap(({ command, model }) => commandSection(command, model)),
    ".SH ENVIRONMENT",
    ...variableList(commands.map(({ model }) => model)),
    ".SH FILES",
    ".TP",
    ".I ~/.config/loggregator/config.json",
    "Profiles of targets, see \\fB\\-\\-profile\\fR.",
    ".SH EXIT STATUS",
    ...definition("0", "Success, including when Ctrl-C stops a command that runs until then."),
    ...definition("1", "Failure: no server, a refused request, envelopes not delivered."),
    ...definition("2", "Wrong usage."),
    ...definition("130", "Ctrl-C stopped any other command, or was pressed twice."),
    ".SH SEE ALSO",
    "The documentation in the package: https://www.npmjs.com/package/loggregator",
  ].join("\n")}\n`;
}

interface Described {
  readonly command: Command;
  readonly model: CommandModel;
}

/** Returns all commands below a command, groups before their members, without help. */
function describedCommands(command: Command, model: CommandModel): Described[] {
  return command.commands.flatMap((child) => {
    const childModel = model.commands.find(({ name }) => name === child.name());
    return childModel === undefined
      ? []
      : [{ command: child, model: childModel }, ...describedCommands(child, childModel)];
  });
}

function commandSection(command: Command, model: CommandModel): string[] {
  const { path, description, options } = model;
  const words = [path, "[options]", ...model.arguments.map(({ placeholder }) => placeholder)];
  const details = notes(command);
  return [
    `.SS "${text(words.join(" "))}"`,
    text(description),
    ...options.flatMap(optionEntry),
    ...(details === "" ? [] : [".PP", ".nf", ...details.split("\n").map(text), ".fi"]),
  ];
}

function optionEntry({ names, placeholder, description, defaultText, variable }: OptionModel) {
  const flags = names.map((name) => `\\fB${text(name)}\\fR`).join(", ");
  const value = placeholder === undefined ? "" : ` \\fI${text(placeholder)}\\fR`;
  const details = [
    ...(defaultText === undefined ? [] : [`default: ${defaultText}`]),
    ...(variable === undefined ? [] : [`env: ${variable}`]),
  ];
  const suffix = details.length === 0 ? "" : ` (${details.join(", ")})`;
  return [".TP", `${flags}${value}`, text(`${description}${suffix}`)];
}

function variableList(models: readonly CommandModel[]): string[] {
  const found = new Map(Object.entries(variables));
  for (const { options } of models) {
    for (const { variable, names } of options) {
      if (variable !== undefined && !found.has(variable)) {
        found.set(variable, `Default of ${names.at(-1)}.`);
      }
    }
  }
  return [...found].sort().flatMap(([name, meaning]) => definition(name, meaning));
}

function definition(term: string, meaning: string): string[] {
  return [".TP", `.B ${text(term)}`, text(meaning)];
}

/** Returns the text that the help of a command has after the list of options. */
function notes(command: Command): string {
  let help = "";
  command.configureOutput({
    writeOut: (part) => {
      help += part;
    },
    getOutHelpWidth: () => 80,
  });
  command.outputHelp();
  return help.slice(command.helpInformation().length).trim();
}

/** Escapes a text for roff. */
function text(value: string): string {
  const escaped = value.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll('"', "\\(dq");
  // A line that starts with one of these would be a request.
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

function lowerFirst(sentence: string): string {
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, "")}`;
}
