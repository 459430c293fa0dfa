/** The names of keys that terminals send as sequences. */
const sequences: Readonly<Record<string, string>> = {
  "\x1b[A": "up",
  "\x1bOA": "up",
  "\x1b[B": "down",
  "\x1bOB": "down",
  "\x1b[C": "right",
  "\x1bOC": "right",
  "\x1b[D": "left",
  "\x1bOD": "left",
  "\x1b[5~": "page up",
  "\x1b[6~": "page down",
  "\x1b[H": "home",
  "\x1b[1~": "home",
  "\x1b[F": "end",
  "\x1b[4~": "end",
};

const names: Readonly<Record<string, string>> = {
  "\r": "enter",
  "\n": "enter",
  "\x7f": "backspace",
  "\b": "backspace",
  "\x03": "ctrl-c",
  "\x1b": "escape",
};

/** Splits what a terminal sent into keys: characters, and names of others such as `up`. */
export function keysOf(text: string): string[] {
  const keys: string[] = [];
  let rest = text;
  while (rest !== "") {
    const sequence = sequenceOf(rest);
    if (sequence !== undefined) {
      rest = rest.slice(sequence.length);
      const name = sequences[sequence];
      if (name !== undefined) {
        keys.push(name);
      }
      continue;
    }
    const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    rest = rest.slice(character.length);
    const name = names[character];
    if (name !== undefined || character >= " ") {
      keys.push(name ?? character);
    }
  }
  return keys;
}

/** The control sequence at the start of the text, known or not. */
function sequenceOf(text: string): string | undefined {
  if (!text.startsWith("\x1b[") && !text.startsWith("\x1bO")) {
    return undefined;
  }
  return /^.[[O][\d;]{0,16}[A-Za-z~]/.exec(text)?.[0];
}
