import { UsageError } from "../errors.js";
import type { Condition, Filter } from "../filter/filter.js";
import { parseFilter } from "../filter/parseFilter.js";
import { appPattern, exactly } from "../filter/patterns.js";
import type { Level } from "../text/level.js";

/** Selects envelopes by text and origin: the flags of the filter that the page's search box has. */
export interface TextFilter {
  /** Regular expressions, one of which must match the whole name of the app, or the source id. */
  readonly apps?: readonly string[] | undefined;
  readonly instance?: readonly string[] | undefined;
  /** Tags that must have these values. */
  readonly tag?: Readonly<Record<string, string>> | undefined;
  /** Regular expressions, one of which must match the name or the text. */
  readonly grep?: readonly string[] | undefined;
  /** Regular expressions, none of which may match the name or the text. */
  readonly exclude?: readonly string[] | undefined;
  /** Whether `grep`, `exclude` and `highlight` ignore case. */
  readonly ignoreCase?: boolean | undefined;
  /** Regular expressions for text to highlight. They select nothing. */
  readonly highlight?: readonly string[] | undefined;
  /** The least level of logs. */
  readonly level?: Level | undefined;
  /** In nanoseconds since the UNIX epoch. */
  readonly since?: bigint | undefined;
  readonly until?: bigint | undefined;
  /** Further conditions, as `parseFilter` takes them. */
  readonly filter?: readonly string[] | undefined;
}

/**
 * Returns the filter of the flags.
 *
 * @throws UsageError for an app that is not a regular expression, and for `ignoreCase` without a
 *   regular expression to which it applies.
 */
export function filterOf(options: TextFilter): Filter {
  const { apps = [], instance = [], tag = {}, ignoreCase } = options;
  if (ignoreCase && (options.grep ?? options.exclude ?? options.highlight) === undefined) {
    throw new UsageError(
      "--ignore-case has no effect without a regular expression; pass --grep or --exclude, or remove it",
    );
  }
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
  if (options.level !== undefined) {
    conditions.push({ kind: "level", level: options.level });
  }
  for (const kind of ["since", "until"] as const) {
    const time = options[kind];
    if (time !== undefined) {
      conditions.push({ kind, time });
    }
  }
  return [...conditions, ...(options.filter ?? []).flatMap((text) => parseFilter(text))];
}

/** Matches what one of several regular expressions matches; undefined if there are none. */
export function expression(
  sources: readonly string[] | undefined,
  ignoreCase: boolean | undefined,
): RegExp | undefined {
  return sources === undefined
    ? undefined
    : new RegExp(sources.map((source) => `(?:${source})`).join("|"), ignoreCase ? "iu" : "u");
}

function wholeName(source: string): RegExp {
  try {
    return appPattern(source);
  } catch (error) {
    throw new UsageError(
      `the name of an app must be a regular expression, got ${JSON.stringify(source)}: ${(error as Error).message}`,
    );
  }
}
