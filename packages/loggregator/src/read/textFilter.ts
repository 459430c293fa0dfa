import type { Envelope } from "@loggregator/api";
import { UsageError } from "../errors.js";
import type { Condition, Filter } from "../filter/filter.js";
import { filterPredicate } from "../filter/filterPredicate.js";
import { exactly, whole } from "../filter/patterns.js";

/** Selects envelopes by text and origin: the flags of the filter that the page's search box has. */
export interface TextFilter {
  /** Regular expressions, one of which must match the whole name of the app, or the source id. */
  readonly apps?: readonly string[] | undefined;
  readonly instance?: readonly string[] | undefined;
  /** Tags that must have these values. */
  readonly tag?: Readonly<Record<string, string>> | undefined;
  /** A regular expression that must match the name or the text. */
  readonly grep?: string | undefined;
  /** A regular expression that must not match the name or the text. */
  readonly exclude?: string | undefined;
  /** Whether `grep` and `exclude` ignore case. */
  readonly ignoreCase?: boolean | undefined;
}

/**
 * Returns the predicate of the flags.
 *
 * @throws UsageError for an app that is not a regular expression.
 */
export function textPredicate(options: TextFilter): (envelope: Envelope) => boolean {
  return filterPredicate(filterOf(options));
}

/**
 * Returns the filter of the flags.
 *
 * @throws UsageError for an app that is not a regular expression.
 */
export function filterOf(options: TextFilter): Filter {
  const { apps = [], instance = [], tag = {}, ignoreCase } = options;
  const grep = expression(options.grep, ignoreCase);
  const exclude = expression(options.exclude, ignoreCase);
  const conditions: Condition[] = [
    ...apps.map((app) => ({ kind: "app" as const, pattern: wholeName(app) })),
    ...instance.map((id) => ({ kind: "instance" as const, pattern: exactly(id) })),
    ...Object.entries(tag).map(([name, value]) => ({
      kind: "tag" as const,
      name,
      pattern: exactly(value),
    })),
  ];
  if (grep !== undefined) {
    conditions.push({ kind: "text", pattern: grep });
  }
  if (exclude !== undefined) {
    conditions.push({ kind: "text", pattern: exclude, negated: true });
  }
  return conditions;
}

/** A regular expression of the command line; undefined if there is none. */
export function expression(
  source: string | undefined,
  ignoreCase: boolean | undefined,
): RegExp | undefined {
  return source === undefined ? undefined : new RegExp(source, ignoreCase ? "iu" : "u");
}

function wholeName(source: string): RegExp {
  try {
    return whole(source);
  } catch (error) {
    throw new UsageError(
      `the name of an app must be a regular expression, got ${JSON.stringify(source)}: ${(error as Error).message}`,
    );
  }
}
