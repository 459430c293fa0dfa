import { allCommands, type CommandModel, type OptionModel } from "../commandModel.js";
import { argumentWords, hasFileArgument, shortDescription, valueCases } from "./valueCases.js";

/** Returns the script for fish. */
export function fishScript(program: CommandModel): string {
  const commands = allCommands(program);
  return `# Completion of loggregator for fish. Written by "loggregator completion fish".

# Succeeds if the command of the command line is $argv.
function __loggregator_at
    set -l at loggregator
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch "$at $word"
            case ${valueCases(program)
              .flatMap(({ places }) => places)
              .map(quote)
              .join(" ")}
                set skip 1
            case ${commands
              .filter(({ path }) => path.includes(" "))
              .map(({ path }) => quote(path))
              .join(" ")}
                set at "$at $word"
        end
    end
    test "$at" = "$argv"
end

complete -c loggregator -f
${commands.flatMap(completionsOf).join("\n")}
`;
}

function completionsOf(command: CommandModel): string[] {
  const base = `complete -c loggregator -n ${quote(`__loggregator_at ${command.path}`)}`;
  const words = argumentWords(command);
  return [
    ...command.commands.map(
      ({ name, summary }) => `${base} -a ${quote(name)} -d ${quote(summary)}`,
    ),
    ...(words.length > 0 ? [`${base} -a ${quote(words.join(" "))}`] : []),
    ...(hasFileArgument(command) ? [`${base} -F`] : []),
    ...command.options.map((option) => `${base} ${optionOf(option)}`),
  ];
}

function optionOf(option: OptionModel): string {
  const names = option.names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const { value } = option;
  const words = value?.kind === "words" ? ` -a ${quote(value.words.join(" "))}` : "";
  const needs = value === undefined ? "" : value.kind === "file" ? " -r -F" : ` -x${words}`;
  return `${names.join(" ")}${needs} -d ${quote(shortDescription(option))}`;
}

/** Quotes a text for fish, in which a quoted text can contain escaped quotes. */
function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
