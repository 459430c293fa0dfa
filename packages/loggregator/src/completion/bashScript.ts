import { allCommands, type CommandModel } from "../commandModel.js";
import { argumentWords, hasFileArgument, quote, valueCases } from "./valueCases.js";

/** Returns the script for bash. It also runs in bash 3.2, the one of macOS. */
export function bashScript(program: CommandModel): string {
  const commands = allCommands(program);
  return `# Completion of loggregator for bash. Written by "loggregator completion bash".

# Sets kind, and words for known ones: the value of the option $2 of the command $1.
_loggregator_value() {
  kind=none words=
  case "$1 $2" in
${valueCases(program)
  .map(({ places, value }) => {
    const words = value.kind === "words" ? ` words=${quote(value.words.join(" "))}` : "";
    return `    ${places.map(quote).join(" | ")}) kind=${value.kind}${words} ;;`;
  })
  .join("\n")}
  esac
}

# Sets commands, options, kind and words for the command $1.
_loggregator_command() {
  kind=none words= commands= options=
  case "$1" in
${commands
  .map((command) => {
    const kind = hasFileArgument(command) ? "file" : "words";
    const lists = {
      commands: command.commands.map(({ name }) => name),
      options: command.options.flatMap(({ names }) => names),
      words: argumentWords(command),
    };
    const set = Object.entries(lists).map(([name, list]) => `${name}=${quote(list.join(" "))}`);
    return `    ${quote(command.path)}) kind=${kind} ${set.join(" ")} ;;`;
  })
  .join("\n")}
  esac
}

_loggregator() {
  local at=loggregator kind words commands options list i word line
  local current="\${COMP_WORDS[COMP_CWORD]}" flag= ended=
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ -z $ended && $word == -- ]]; then
      ended=1
    elif [[ -z $ended && $word == -* ]]; then
      _loggregator_value "$at" "$word"
      if [[ $kind != none ]]; then
        # bash makes three words of --option=value.
        [[ \${COMP_WORDS[i + 1]} == = ]] && ((i++))
        flag="$word"
        ((i++))
      fi
    else
      _loggregator_command "$at"
      [[ " $commands " == *" $word "* ]] && at="$at $word"
    fi
  done
  if ((i > COMP_CWORD)); then
    [[ $current == = ]] && current=
    _loggregator_value "$at" "$flag"
    list="$words"
  else
    _loggregator_command "$at"
    list="$commands $words"
    if [[ -z $ended && ($current == -* || $list$kind == " words") ]]; then
      kind=words
      list="$options"
    fi
  fi
  case $kind in
    file)
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
      ;;
    words)
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$list" -- "$current")
      ;;
  esac
}

complete -F _loggregator loggregator
`;
}
