import type { GaugeMetrics } from "@loggregator/api";
import { UsageError } from "../errors.js";

// The syntax of metrics on the command line and on lines of standard input.

/** The fields of a counter are uint64. */
const maxCount = 2n ** 64n - 1n;

/** `NAME [NUMBER]`: the number is the increment, 1 by default. */
export function parseCounter(words: readonly string[]): {
  name: string;
  number: bigint | undefined;
} {
  const [name, digits, ...rest] = words;
  if (name && rest.length === 0 && (digits === undefined || /^\d{1,30}$/.test(digits))) {
    const number = digits === undefined ? undefined : BigInt(digits);
    if (number === undefined || number <= maxCount) {
      return { name, number };
    }
    throw expected(`a number up to ${maxCount}`, words);
  }
  throw expected("NAME or NAME NUMBER, for example requests 2", words);
}

/** `NAME=VALUE[:UNIT] …` */
export function parseGauge(words: readonly string[]): GaugeMetrics {
  const metrics = words.map((word) => {
    const [, name, text, unit = ""] = /^(.+)=([^=:]+)(?::(.*))?$/s.exec(word) ?? [];
    const value = Number(text);
    if (name === undefined || (Number.isNaN(value) && text !== "NaN")) {
      throw expected("NAME=VALUE[:UNIT], for example cpu=12.5:percentage", words);
    }
    return [name, { value, unit }] as const;
  });
  if (metrics.length === 0) {
    throw expected("NAME=VALUE[:UNIT], for example cpu=12.5:percentage", words);
  }
  return Object.fromEntries(metrics);
}

const nanoseconds = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** `NAME DURATION`: the time ends now. */
export function parseTimer(words: readonly string[]): { name: string; nanoseconds: bigint } {
  const [name, duration, ...rest] = words;
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)$/.exec(duration ?? "") ?? [];
  if (name && number !== undefined && rest.length === 0) {
    const size = Number(number) * nanoseconds[unit as keyof typeof nanoseconds];
    if (size <= Number.MAX_SAFE_INTEGER) {
      return { name, nanoseconds: BigInt(Math.round(size)) };
    }
  }
  throw expected("NAME DURATION, for example http 23ms", words);
}

/** `TITLE<tab>BODY`, one line of standard input. */
export function parseEvent(line: string): { title: string; body: string } {
  const tab = line.indexOf("\t");
  if (tab > 0) {
    return { title: line.slice(0, tab), body: line.slice(tab + 1) };
  }
  throw expected("TITLE, a tab and BODY", [line]);
}

function expected(form: string, words: readonly string[]): UsageError {
  const text = words.join(" ");
  const beginning = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return new UsageError(`expected ${form}, got ${JSON.stringify(beginning)}`);
}
