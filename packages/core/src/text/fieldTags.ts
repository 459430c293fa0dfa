import { OptionTypeError } from "../options/optionError.js";
import { setOwn } from "../setOwn.js";
import { formatValue } from "./formatValue.js";

/** Reads tags from fields of log records. */
export class FieldTags {
  readonly #fields: readonly (readonly [path: string, names: readonly string[]])[];

  /**
   * @param option The name of the option.
   * @param paths Names of fields, or paths such as "req.id". A tag has the path as its name.
   * @throws OptionTypeError if `paths` is neither undefined nor an array of non-empty strings.
   */
  constructor(option: string, paths: readonly string[] | undefined) {
    if (paths !== undefined && !Array.isArray(paths)) {
      throw new OptionTypeError(option, "an array of strings", formatValue(paths));
    }
    this.#fields = (paths ?? []).map((path: unknown, index) => {
      if (typeof path !== "string" || path === "") {
        throw new OptionTypeError(`${option}[${index}]`, "a non-empty string", formatValue(path));
      }
      return [path, path.split(".")];
    });
  }

  /** True if no fields become tags. */
  get isEmpty(): boolean {
    return this.#fields.length === 0;
  }

  /**
   * Returns the tags of a record: strings unchanged, other values as JSON. A field that is missing,
   * null or not representable has no tag. A field whose name is the whole path takes precedence.
   */
  of(record: object): Record<string, string> {
    const tags: Record<string, string> = {};
    for (const [path, names] of this.#fields) {
      const value = ownValue(record, path) ?? names.reduce(ownValue, record as unknown);
      const text = typeof value === "string" ? value : jsonText(value);
      if (text !== undefined) {
        setOwn(tags, path, text);
      }
    }
    return tags;
  }
}

function ownValue(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function jsonText(value: unknown): string | undefined {
  if (value === undefined || value === null) {
    return undefined;
  }
  try {
    return typeof value === "bigint" ? value.toString() : JSON.stringify(value);
  } catch {
    // For example, an object that contains itself.
    return undefined;
  }
}
