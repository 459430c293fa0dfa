import type { Envelope } from "@loggregator/api";
import { UsageError } from "../errors.js";
import { appOf, lineOf } from "../text/envelopeText.js";

/** Selects envelopes by text and origin. */
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
 * The predicate of a filter. Cheap checks come first.
 *
 * @throws UsageError for an app that is not a regular expression.
 */
export function textPredicate(filter: TextFilter): (envelope: Envelope) => boolean {
  const apps = (filter.apps ?? []).map(wholeName);
  const instances = filter.instance === undefined ? undefined : new Set(filter.instance);
  const tags = Object.entries(filter.tag ?? {});
  const grep = expression(filter.grep, filter.ignoreCase);
  const exclude = expression(filter.exclude, filter.ignoreCase);
  return (envelope) => {
    if (instances?.has(envelope.instanceId) === false) {
      return false;
    }
    for (const [name, value] of tags) {
      if (!Object.hasOwn(envelope.tags, name) || envelope.tags[name] !== value) {
        return false;
      }
    }
    if (apps.length > 0) {
      const app = appOf(envelope) ?? "";
      if (!apps.some((name) => name.test(app) || name.test(envelope.sourceId))) {
        return false;
      }
    }
    if (grep === undefined && exclude === undefined) {
      return true;
    }
    const { name, text } = lineOf(envelope);
    if (grep !== undefined && !grep.test(text) && !grep.test(name)) {
      return false;
    }
    return exclude === undefined || !(exclude.test(text) || exclude.test(name));
  };
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
    // Checked separately: inside parentheses, ")|(" would be valid.
    new RegExp(source, "u");
    return new RegExp(`^(?:${source})$`, "u");
  } catch (error) {
    throw new UsageError(
      `the name of an app must be a regular expression, got ${JSON.stringify(source)}: ${(error as Error).message}`,
    );
  }
}
