import { formatValue } from "@loggregator/core";
import { UsageError } from "./errors.js";

// Parsers of option values. Each takes the flag, for its message.

const maxSeconds = 2_000_000;

export function positiveInteger(flag: string): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0) {
      return number;
    }
    throw rejected(flag, "a positive integer", text);
  };
}

export function positiveNumber(flag: string): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() !== "" && Number.isFinite(number) && number > 0) {
      return number;
    }
    throw rejected(flag, "a number greater than 0", text);
  };
}

/** Parses a duration in the range of timers, with a resolution of milliseconds. */
export function seconds(flag: string): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() !== "" && number >= 0.001 && number <= maxSeconds) {
      return number;
    }
    throw rejected(flag, `a number of seconds from 0.001 to ${maxSeconds}`, text);
  };
}

/** Parses a port; 0 means a free one. */
export function portNumber(flag: string): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number <= 65_535) {
      return number;
    }
    throw rejected(flag, "a port from 0 to 65535", text);
  };
}

/** A parser of words that are known, for completions of shells. */
export interface ChoiceParser {
  readonly choices: readonly string[];
}

/** Marks a parser with the words that it accepts. */
export function withChoices<Parser extends object>(
  choices: readonly string[],
  parser: Parser,
): Parser & ChoiceParser {
  return Object.assign(parser, { choices });
}

/** Parses one of several words. */
export function choice<T extends string>(
  flag: string,
  choices: readonly T[],
): ((text: string) => T) & ChoiceParser {
  return withChoices(choices, (text: string) => {
    const chosen = choices.find((word) => word === text);
    if (chosen !== undefined) {
      return chosen;
    }
    throw rejected(flag, `one of ${choices.join(", ")}`, text);
  });
}

/** Parses a regular expression, which may be repeated. Returns their sources. */
export function patterns(
  flag: string,
): (text: string, before?: readonly string[]) => readonly string[] {
  return (text, before = []) => {
    try {
      new RegExp(text, "u");
      return [...before, text];
    } catch (error) {
      throw new UsageError(
        `${flag} must be a regular expression, got ${formatValue(text)}: ${(error as Error).message}`,
      );
    }
  };
}

/** Parses UNIX seconds, or RFC 3339. */
export function time(flag: string): (text: string) => Date {
  return (text) => {
    const date = new Date(/^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : text);
    if (!Number.isNaN(date.getTime())) {
      return date;
    }
    throw rejected(flag, "a time such as 2026-01-31T12:00:00Z, or UNIX seconds", text);
  };
}

/** Parses non-empty text. */
export function nonEmpty(flag: string, what: string): (text: string) => string {
  return (text) => {
    if (text.trim() !== "") {
      return text;
    }
    throw rejected(flag, what, text);
  };
}

/** Parses an option that may be repeated. */
export function list(
  flag: string,
  what: string,
): (text: string, before?: readonly string[]) => readonly string[] {
  const parse = nonEmpty(flag, what);
  return (text, before = []) => [...before, parse(text)];
}

/** Parses `NAME=VALUE`, which may be repeated. */
export function collectTag(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1) {
    throw rejected("--tag", "NAME=VALUE, for example deployment=cf", text);
  }
  // fromEntries, because assigning would lose a tag named __proto__.
  return Object.fromEntries([...Object.entries(before), [text.slice(0, at), text.slice(at + 1)]]);
}

/** Parses a host name or an IP address, without a port. */
export function hostName(flag: string): (text: string) => string {
  return (text) => {
    if (/^[\w.-]+$/.test(text) || /^[0-9a-f:]*:[0-9a-f:.]*$/i.test(text)) {
      return text;
    }
    throw rejected(flag, "a host name or IP address, without a port", text);
  };
}

/** Parses a host name, which may be repeated. */
export function collectHosts(text: string, before: readonly string[] = []): readonly string[] {
  // Any other value would never match, and the token would silently not be sent.
  if (/^[\w.-]+$/.test(text) || /^[0-9a-f:]+$/i.test(text)) {
    return [...before, text];
  }
  throw rejected("--send-token-to", "a host name, without https:// and port", text);
}

/**
 * Creates the error for the value of an option. A value that may contain a password is not shown.
 */
export function rejected(flag: string, expected: string, text: string): UsageError {
  const received = text.includes("@")
    ? `text of length ${text.length} with "@"`
    : formatValue(text);
  return new UsageError(`${flag} must be ${expected}, got ${received}`);
}
