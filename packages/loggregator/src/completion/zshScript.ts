import { allCommands, type CommandModel } from "../commandModel.js";
import {
  argumentWords,
  hasFileArgument,
  quote,
  shortDescription,
  valueCases,
} from "./valueCases.js";

/** Returns the script for zsh: for the file `_loggregator` in a folder of $fpath, or for source. */
export function zshScript(program: CommandModel): string {
  return `#compdef loggregator
# Completion of loggregator for zsh. Written by "loggregator completion zsh".

# Sets kind, and list for known words: the value of the option $2 of the command $1.
_loggregator_value() {
  kind=none list=()
  case "$1 $2" in
${valueCases(program)
  .map(({ places, value }) => {
    const words = value.kind === "words" ? ` list=(${value.words.map(quote).join(" ")})` : "";
    return `    (${places.map(quote).join("|")}) kind=${value.kind}${words} ;;`;
  })
  .join("\n")}
  esac
}

# Sets commands, options, kind and list for the command $1.
_loggregator_command() {
  kind=none commands=() options=() list=()
  case "$1" in
${allCommands(program)
  .map((command) => {
    const commands = command.commands.map(({ name, summary }) => described(name, summary));
    const options = command.options.flatMap((option) =>
      option.names.map((name) => described(name, shortDescription(option))),
    );
    const words = argumentWords(command).map(quote);
    const kind = hasFileArgument(command) ? "file" : "words";
    return `    (${quote(command.path)}) kind=${kind} list=(${words.join(" ")})
      commands=(${commands.join(" ")})
      options=(${options.join(" ")}) ;;`;
  })
  .join("\n")}
  esac
}

_loggregator() {
  local at=loggregator kind word flag ended
  local -a list commands options
  integer i
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ -z $ended && $word == -- ]]; then
      ended=1
    elif [[ -z $ended && $word == -* ]]; then
      _loggregator_value $at $word
      if [[ $kind != none ]]; then
        flag=$word
        ((i++))
      fi
    else
      _loggregator_command $at
      [[ -n \${(M)commands:#$word:*} ]] && at="$at $word"
    fi
  done
  if [[ -z $ended && i -le CURRENT && $words[CURRENT] == --*=* ]]; then
    flag=\${words[CURRENT]%%=*}
    compset -P '*='
    ((i = CURRENT + 1))
  fi
  if ((i > CURRENT)); then
    _loggregator_value $at $flag
  else
    _loggregator_command $at
    if [[ -z $ended && $PREFIX == -* ]]; then
      _describe -o option options
      return
    fi
    if (($#commands)); then
      _describe command commands
      return
    fi
    if [[ -z $ended && $kind == words ]] && ((!$#list)); then
      _describe -o option options
      return
    fi
  fi
  case $kind in
    (file) _files ;;
    (words) _describe value list ;;
    (text) _message value ;;
  esac
}

# Not in an autoloaded file, which defines the function by being run.
if [[ $funcstack[1] == _loggregator ]]; then
  _loggregator "$@"
else
  compdef _loggregator loggregator
fi
`;
}

/** Returns an item of `_describe`. */
function described(name: string, description: string): string {
  return quote(`${name}:${description}`);
}
