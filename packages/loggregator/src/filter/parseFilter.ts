import { closestName } from "@loggregator/core";
import { levelNamed, levels } from "../text/level.js";
import { type Condition, type EnvelopeType, envelopeTypes, type Filter } from "./filter.js";
import { FilterSyntaxError } from "./filterSyntaxError.js";
import { parseTime, timeForms } from "./parseTime.js";
import { containing, exactly, whole } from "./patterns.js";
import { splitTerms, type Term } from "./splitTerms.js";

/** Options of `parseFilter`. */
export interface ParseFilterOptions {
  /** The time to which durations refer, in milliseconds. Default: the current time. */
  readonly now?: number | undefined;
}

/**
 * Parses a filter as the search box of the page and `--filter` accept it: terms with spaces between
 * them, which must all hold.
 *
 * | term | selects |
 * | --- | --- |
 * | `refused`, `"payment refused"` | text, or a name, that contains this, or a tag with this value, in any case |
 * | `/refused\|denied/`, `/Refused/i` | text, or a name, that a regular expression matches |
 * | `app:checkout` | an app by its whole name, or a source by its id; `app:/check.+/` |
 * | `source:checkout` | sources by a part of `checkout/2 (prod)` or of the source id |
 * | `instance:0` | an instance |
 * | `type:gauge,timer` | types of envelopes |
 * | `name:cpu` | metrics of this name |
 * | `tag:deployment=cf`, `tag:deployment` | a tag with a value, or with any |
 * | `field:req.method=GET`, `field:err` | a field of JSON log lines, likewise |
 * | `level:warn` | logs of this level or a more severe one |
 * | `since:5m`, `until:2026-01-31T12:00:00Z` | a range of time |
 *
 * A value is a word, a quoted text, or a regular expression. `-` before a term negates it. Several
 * terms with the same of `app:`, `source:`, `instance:`, `type:` and `name:` are alternatives.
 *
 * @throws FilterSyntaxError for terms that cannot be parsed.
 */
export function parseFilter(text: string, options: ParseFilterOptions = {}): Filter {
  const now = options.now ?? Date.now();
  return splitTerms(text).flatMap((term) =>
    conditions(term, now).map((condition) =>
      term.negated ? { ...condition, negated: true } : condition,
    ),
  );
}

const keys = [
  ...["app", "source", "instance", "type", "name"],
  ...["tag", "field", "level", "since", "until"],
] as const;

function conditions(term: Term, now: number): Condition[] {
  const { key, value } = term;
  if (key === undefined) {
    const { regex } = term;
    return [
      regex === undefined ? words(value) : { kind: "text", pattern: patternOf(term, containing) },
    ];
  }
  if (value === "" && term.regex === undefined) {
    throw fault(term, `${key}: needs a value, such as ${examples[key] ?? "app:checkout"}`);
  }
  switch (key) {
    case "source":
      return [{ kind: key, pattern: patternOf(term, containing) }];
    case "app":
    case "instance":
    case "name":
      return [{ kind: key, pattern: patternOf(term, exactly, wholeOf) }];
    case "type":
      return value.split(",").map((type) => ({ kind: key, type: typeOf(type, term) }));
    case "tag":
    case "field":
      return [{ kind: key, ...pairOf(term) }];
    case "level": {
      const level = levelNamed(value);
      if (level === undefined) {
        throw fault(term, `level: must be one of ${levels.join(", ")}`);
      }
      return [{ kind: key, level }];
    }
    case "since":
    case "until": {
      const time = parseTime(value, now);
      if (time === undefined) {
        throw fault(term, `${key}: must be a time such as ${timeForms}`);
      }
      return [{ kind: key, time }];
    }
    default:
      return unknownKey(term);
  }
}

const examples: Readonly<Record<string, string>> = {
  source: "source:checkout",
  instance: "instance:0",
  type: "type:log",
  name: "name:cpu",
  tag: "tag:deployment=cf",
  field: "field:method=GET",
  level: "level:error",
  since: "since:5m",
  until: "until:14:30",
};

/**
 * Most words with a colon are text, such as a time or a URL. Only a word that resembles a key is an
 * error.
 */
function unknownKey(term: Term): Condition[] {
  const closest = closestName(term.key ?? "", keys);
  if (closest !== undefined) {
    throw fault(
      term,
      `unknown ${term.key}:, did you mean ${closest}:? Quote it to search for text`,
    );
  }
  return [words(term.written)];
}

/**
 * Returns a condition for text. Tags match by whole values only, as their ids contain most short
 * words.
 */
function words(text: string): Condition {
  return { kind: "text", pattern: containing(text), tagPattern: exactly(text, "iu") };
}

/** `name`, `name=value` or `name=/regular expression/`. */
function pairOf(term: Term): { name: string; pattern?: RegExp } {
  const { value, regex } = term;
  const at = value.indexOf("=");
  const name = at === -1 ? value : value.slice(0, at);
  if (name === "") {
    throw fault(term, `${term.key}: must be NAME=VALUE or NAME`);
  }
  if (at === -1 && regex === undefined) {
    return { name };
  }
  return { name, pattern: patternOf({ ...term, value: value.slice(at + 1) }, exactly) };
}

function patternOf(
  term: Term,
  ofText: (text: string) => RegExp,
  ofRegex: (source: string, flags: string) => RegExp = (source, flags) => new RegExp(source, flags),
): RegExp {
  if (term.regex === undefined) {
    return ofText(term.value);
  }
  try {
    return ofRegex(term.regex.source, term.regex.flags);
  } catch (error) {
    throw fault(term, (error as Error).message, error);
  }
}

function wholeOf(source: string, flags: string): RegExp {
  return whole(source, flags);
}

function typeOf(text: string, term: Term): EnvelopeType {
  const type = envelopeTypes.find((known) => known === text.trim().toLowerCase());
  if (type === undefined) {
    throw fault(term, `type: must be one of ${envelopeTypes.join(", ")}`);
  }
  return type;
}

function fault({ written, position }: Term, message: string, cause?: unknown): FilterSyntaxError {
  return new FilterSyntaxError(message, written, position, { cause });
}
