import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createProgram } from "../createProgram.js";
import { completionScript } from "./completionScript.js";
import { type Shell, shells } from "./shells.js";

/** The typed text, words that complete it, and words that must not be offered. */
const cases: readonly (readonly [typed: string, offered: string[], absent: string[]])[] = [
  ["loggregator ", ["emulate", "tail", "completion", "help"], ["log", "--version", "notes.txt"]],
  ["loggregator em", ["emulate", "emit"], ["tail"]],
  ["loggregator --ver", ["--version"], ["--help"]],
  ["loggregator emit ", ["log", "gauge"], ["tail"]],
  ["loggregator emit log --str", ["--stream"], ["--total"]],
  ["loggregator emit log --stream ", ["stdout", "stderr"], ["--stream", "log"]],
  ["loggregator emit log --stream std", ["stdout", "stderr"], ["--stream"]],
  ["loggregator tail --type ga", ["gauge"], ["log"]],
  ["loggregator tail -t ga", ["gauge"], ["log"]],
  ["loggregator recent --type ga", ["gauge"], ["log"]],
  ["loggregator drain bind --drain-data m", ["metrics"], ["logs"]],
  // The value of an option is not a command.
  ["loggregator emit --help counter --to", ["--total"], []],
  ["loggregator emit log --source-id counter --", ["--stream"], ["--total"]],
  ["loggregator tail --ca no", ["notes.txt", "not here/"], ["--no"]],
  ["loggregator tail --source-id no", [], ["notes.txt"]],
  ["loggregator completion ", ["bash", "zsh", "fish"], ["notes.txt"]],
  ["loggregator help e", ["emit", "emulate"], ["help"]],
  ["loggregator drain ", ["receive", "check", "bind"], ["emit"]],
  ["loggregator tail -- --", [], ["--type"]],
];

const folder = mkdtempSync(join(tmpdir(), "loggregator-completion-"));

beforeAll(() => {
  writeFileSync(join(folder, "notes.txt"), "");
  mkdirSync(join(folder, "not here"));
  for (const shell of shells) {
    writeFileSync(join(folder, `completion.${shell}`), completionScript(shell, createProgram()));
  }
  writeFileSync(join(folder, "typed.zsh"), typedZsh);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const typedTexts = cases.map(([typed]) => `'${typed}'`).join(" ");

/** Prints the completions of each text, and a line after each. */
const scripts: Readonly<Record<Shell, string>> = {
  bash: `
    . ./completion.bash
    for line in ${typedTexts}; do
      COMP_WORDS=($line)
      [[ $line == *" " ]] && COMP_WORDS+=("")
      COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      _loggregator
      for word in "\${COMPREPLY[@]}"; do [[ -d $word ]] && echo "$word/" || echo "$word"; done
      echo "= end"
    done
    complete -p loggregator`,
  // The completion system works in the line editor only, so texts are typed into a zsh on a terminal.
  zsh: `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell ". ./typed.zsh"
    for line in ${typedTexts}; do zpty -wn shell $line$'\\t\\x14'; done
    zpty -w shell exit
    while zpty -r shell screen; do :; done
    cat offered`,
  fish: `
    source completion.fish
    for line in ${typedTexts}
      complete -C $line
      echo "= end"
    end`,
};

/** Settings of the zsh on a terminal: it writes matches to a file, and inserts none. */
const typedZsh = `
  setopt extendedglob
  PROMPT= RPROMPT=
  autoload -Uz compinit && compinit -u -D
  . ./completion.zsh
  bindkey -e
  compadd() {
    # Without -O, -A and -D, it would add matches.
    local options=" \${(j: :)@[1,(i)(-|--)]}" match
    local -a matches
    if [[ $options == *' -'[^\\ -]#[OAD]* ]]; then
      builtin compadd "$@"
      return
    fi
    builtin compadd -A matches "$@"
    for match in "\${(Q)matches[@]}"; do
      [[ -d $match ]] && match+=/
      print -r -- $match >> offered
    done
  }
  end-of-text() { print "= end" >> offered; BUFFER= }
  zle -N end-of-text
  bindkey '^T' end-of-text
`;

const plain = { bash: "--norc", zsh: "-f", fish: "--no-config" };

// Skipped where the shell is not installed.
describe.each(shells)("in %s", (shell) => {
  test.skipIf(spawnSync(shell, ["--version"]).status !== 0)(
    "completes commands, options, values and files",
    () => {
      const { stdout, stderr, status } = spawnSync(shell, [plain[shell], "-c", scripts[shell]], {
        cwd: folder,
        encoding: "utf8",
        env: { PATH: process.env["PATH"], HOME: folder, LANG: "C.UTF-8" },
      });
      expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
      // fish prints descriptions after a tab.
      const completed = stdout
        .split("= end\n")
        .map((text) => text.split("\n").map((line) => line.split("\t", 1)[0]));
      const actual = cases.map(([typed, offered, absent], index) => [
        typed,
        offered.filter((word) => completed[index]?.includes(word)),
        absent.filter((word) => !completed[index]?.includes(word)),
      ]);
      expect(actual).toEqual(cases);
    },
  );
});

test("completes the value of --option=value, which bash splits", () => {
  const script = `
    . ./completion.bash
    COMP_WORDS=(loggregator tail --type = ga); COMP_CWORD=4; _loggregator; echo "\${COMPREPLY[@]}"
    COMP_WORDS=(loggregator tail --type =); COMP_CWORD=3; _loggregator; echo "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", script], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout).toBe("gauge\nlog counter gauge timer event\n");
});

test.each(shells)("the script for %s has all commands and options", (shell) => {
  const script = completionScript(shell, createProgram());
  for (const command of createProgram().commands) {
    expect(script).toContain(command.name());
    for (const { long } of command.options) {
      expect(script).toContain(shell === "fish" ? `-l ${long?.slice(2)}` : long);
    }
  }
});
