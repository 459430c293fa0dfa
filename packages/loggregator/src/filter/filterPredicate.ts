import type { Envelope } from "@loggregator/api";
import { stripColors } from "../text/colors.js";
import { appOf, displayName } from "../text/displayName.js";
import { type Line, lineOf } from "../text/envelopeText.js";
import { fieldOf, fieldText, jsonObject } from "../text/jsonObject.js";
import { isAtLeast, levelOf } from "../text/level.js";
import type { Condition, Filter } from "./filter.js";

/** Returns a predicate for the envelopes that a filter selects. */
export function filterPredicate(filter: Filter): (envelope: Envelope) => boolean {
  const passes = entryPredicate(filter);
  return (envelope) => passes(envelope, none);
}

/**
 * Returns a predicate for entries of several lines, such as an error with its stack trace: the text
 * can be in any line, the other conditions hold for the first one.
 */
export function entryPredicate(
  filter: Filter,
): (first: Envelope, others: readonly Envelope[]) => boolean {
  const checks = [...filter.filter(isAlone).map(checkOf), ...alternatives(filter)].sort(
    (a, b) => a.cost - b.cost,
  );
  return (first, others) => {
    const entry = new Entry(first, others);
    return checks.every(({ test }) => test(entry));
  };
}

const none: readonly Envelope[] = [];

/** A check of an entry. Cheap ones come first. */
interface Check {
  readonly cost: number;
  test(entry: Entry): boolean;
}

/** An entry, whose text is decoded when a check needs it. */
class Entry {
  readonly first: Envelope;
  readonly #others: readonly Envelope[];
  #lines: Line[] | undefined;

  constructor(first: Envelope, others: readonly Envelope[]) {
    this.first = first;
    this.#others = others;
  }

  get lines(): readonly Line[] {
    this.#lines ??= [readable(this.first), ...this.#others.map(readable)];
    return this.#lines;
  }

  /** The text of the first line if it is a log. */
  get log(): string | undefined {
    return this.first.message?.$case === "log" ? this.lines[0]?.text : undefined;
  }
}

function readable(envelope: Envelope): Line {
  const { name, text } = lineOf(envelope);
  return { name, text: stripColors(text) };
}

const kindsWithAlternatives = ["app", "source", "instance", "type", "name"] as const;

function isAlone({ kind, negated }: Condition): boolean {
  return negated === true || !kindsWithAlternatives.some((other) => other === kind);
}

function alternatives(filter: Filter): Check[] {
  return kindsWithAlternatives.flatMap((kind) => {
    const checks = filter
      .filter((condition) => condition.kind === kind && !isAlone(condition))
      .map(checkOf);
    const [first] = checks;
    return first === undefined
      ? []
      : [{ cost: first.cost, test: (entry) => checks.some(({ test }) => test(entry)) } as Check];
  });
}

function checkOf(condition: Condition): Check {
  const check = positiveCheck(condition);
  return condition.negated ? { ...check, test: (entry) => !check.test(entry) } : check;
}

function positiveCheck(condition: Condition): Check {
  switch (condition.kind) {
    case "type":
      return { cost: 0, test: ({ first }) => first.message?.$case === condition.type };
    case "since":
      return { cost: 0, test: ({ first }) => first.timestamp >= condition.time };
    case "until":
      return { cost: 0, test: ({ first }) => first.timestamp < condition.time };
    case "instance":
      return { cost: 1, test: ({ first }) => condition.pattern.test(first.instanceId) };
    case "app":
      return { cost: 1, test: ({ first }) => isApp(first, condition.pattern) };
    case "source":
      return { cost: 1, test: ({ first }) => isSource(first, condition.pattern) };
    case "name":
      return { cost: 1, test: ({ first }) => hasName(first, condition.pattern) };
    case "tag":
      return { cost: 1, test: ({ first }) => has(first.tags, condition.name, condition.pattern) };
    case "level":
      return {
        cost: 3,
        test: ({ log }) => log !== undefined && isAtLeast(levelOf(log), condition.level),
      };
    case "field":
      return { cost: 3, test: ({ log }) => hasField(log, condition.name, condition.pattern) };
    case "text":
      return {
        cost: 2,
        test: ({ first, lines }) =>
          lines.some(
            ({ name, text }) => condition.pattern.test(text) || condition.pattern.test(name),
          ) || hasValue(first.tags, condition.tagPattern),
      };
  }
}

function isApp(envelope: Envelope, pattern: RegExp): boolean {
  return pattern.test(appOf(envelope) ?? "") || pattern.test(envelope.sourceId);
}

function isSource(envelope: Envelope, pattern: RegExp): boolean {
  return pattern.test(displayName(envelope)) || pattern.test(envelope.sourceId);
}

function hasName({ message }: Envelope, pattern: RegExp): boolean {
  switch (message?.$case) {
    case "counter":
    case "timer":
      return pattern.test(message.value.name);
    case "gauge":
      return Object.keys(message.value.metrics).some((name) => pattern.test(name));
    case "event":
      return pattern.test(message.value.title);
    default:
      return false;
  }
}

function has(tags: Envelope["tags"], name: string, pattern: RegExp | undefined): boolean {
  return Object.hasOwn(tags, name) && (pattern?.test(tags[name] ?? "") ?? true);
}

function hasValue(tags: Envelope["tags"], pattern: RegExp | undefined): boolean {
  return pattern !== undefined && Object.values(tags).some((value) => pattern.test(value));
}

function hasField(log: string | undefined, name: string, pattern: RegExp | undefined): boolean {
  const fields = log === undefined ? undefined : jsonObject(log);
  const value = fields === undefined ? undefined : fieldOf(fields, name);
  return value !== undefined && (pattern?.test(fieldText(value)) ?? true);
}
