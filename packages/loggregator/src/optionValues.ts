import { InvalidArgumentError } from "commander";

// How values of options are read. What they throw the parser tells together with the option's name.

const maxSeconds = 2_000_000;

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("Expected a whole number from 1 up.");
}

export function positiveNumber(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError("Expected a number greater than 0.");
}

/** Of a length that timers can wait, which count milliseconds. */
export function seconds(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && number >= 0.001 && number <= maxSeconds) return number;
  throw new InvalidArgumentError(`Expected seconds, from 0.001 to ${maxSeconds}.`);
}

/** 0 is a free one. */
export function portNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError("Expected a port, from 0 to 65535.");
}

/** For options that may be given more than once. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** `name=value`, more than once. */
export function collectTag(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('Expected NAME=VALUE, for example "deployment=cf".');
  }
  // fromEntries, because assigning would lose a tag named __proto__.
  return Object.fromEntries([...Object.entries(before), [name, value]]);
}
