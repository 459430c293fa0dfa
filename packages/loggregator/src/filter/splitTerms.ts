import { FilterSyntaxError } from "./filterSyntaxError.js";

/** A term of a filter: `-key:value`, where the value may be quoted or a regular expression. */
export interface Term {
  readonly negated: boolean;
  readonly key: string | undefined;
  /** The text of the value, or the part before a regular expression: `deployment=`. */
  readonly value: string;
  readonly regex: { readonly source: string; readonly flags: string } | undefined;
  /** The term as it was written. */
  readonly written: string;
  readonly position: number;
}

/** The maximum length of a filter. */
const maxLength = 4_096;

/**
 * Splits a filter into its terms.
 *
 * @throws FilterSyntaxError for quotes without an end, and filters of more than 4,096 characters.
 */
export function splitTerms(text: string): Term[] {
  if (text.length > maxLength) {
    throw new FilterSyntaxError(`a filter can have at most ${maxLength} characters`, "", maxLength);
  }
  const terms: Term[] = [];
  let at = 0;
  for (;;) {
    at = skipSpace(text, at);
    if (at >= text.length) {
      return terms;
    }
    const term = readTerm(text, at);
    terms.push(term);
    at += term.written.length;
  }
}

function readTerm(text: string, position: number): Term {
  let at = position;
  const isSpace = (index: number) => isSpaceAt(text, index);
  // A hyphen alone is text.
  const negated = text[at] === "-" && !isSpace(at + 1);
  at += negated ? 1 : 0;
  const key = /^[a-z]{1,20}(?=:)/i.exec(text.slice(at, at + 21))?.[0].toLowerCase();
  at += key === undefined ? 0 : key.length + 1;
  let value = "";
  let regex: Term["regex"];
  const start = at;
  while (!isSpace(at)) {
    const isStart = at === start || text[at - 1] === "=";
    const found = isStart ? regexAt(text, at) : undefined;
    if (found !== undefined) {
      at += found.source.length + found.flags.length + 2;
      regex = { source: found.source, flags: `${checkFlags(found, position)}u` };
    } else if (isStart && text[at] === '"') {
      const end = endOfQuoted(text, at, position);
      value += text.slice(at + 1, end).replace(/\\(["\\])/g, "$1");
      at = end + 1;
    } else {
      value += text.charAt(at);
      at += 1;
    }
  }
  return { negated, key, value, regex, written: text.slice(position, at), position };
}

/** The regular expression at a position. A path, such as `/cart/items`, is none: it does not end with `/`. */
function regexAt(text: string, start: number): { source: string; flags: string } | undefined {
  if (text[start] !== "/") {
    return undefined;
  }
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") {
      at += 1;
    } else if (text[at] === "/") {
      const flags = /^[dgimsuvy]{0,8}/.exec(text.slice(at + 1, at + 9))?.[0] ?? "";
      const source = text.slice(start + 1, at);
      if (source !== "" && isSpaceAt(text, at + 1 + flags.length)) {
        return { source, flags };
      }
    }
  }
  return undefined;
}

function checkFlags({ source, flags }: { source: string; flags: string }, position: number) {
  if (flags !== "" && flags !== "i") {
    throw new FilterSyntaxError(
      `a regular expression can only have the flag i, got ${flags}; quote it to search for text`,
      `/${source}/${flags}`,
      position,
    );
  }
  return flags;
}

function endOfQuoted(text: string, start: number, position: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") {
      at += 1;
    } else if (text[at] === '"') {
      return at;
    }
  }
  throw new FilterSyntaxError('a quoted text must end with "', text.slice(position), position);
}

function isSpaceAt(text: string, index: number): boolean {
  return index >= text.length || /\s/.test(text.charAt(index));
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && isSpaceAt(text, at)) {
    at += 1;
  }
  return at;
}
