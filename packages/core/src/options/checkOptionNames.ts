import { closestName } from "#closestName";
import { formatValue } from "../text/formatValue.js";
import { objectArgument } from "./checks.js";
import { OptionTypeError } from "./optionError.js";

/**
 * The names of all options in `T`, as a list that the compiler keeps complete: each name must be a
 * key of the record.
 */
export type OptionNames<T> = Readonly<Record<keyof T, true>>;

/**
 * Rejects unknown option names: a misspelled option would otherwise be ignored silently.
 *
 * @param name The name of the options in the message, such as "options" or "retry".
 * @throws OptionTypeError if `options` is not an object, or has an unknown name; the message
 * suggests the closest known one.
 */
export function checkOptionNames<T>(name: string, options: unknown, known: OptionNames<T>): void {
  objectArgument(name, options);
  for (const key of Object.keys(options)) {
    if (!Object.hasOwn(known, key)) {
      throw unknownOption(name, key, Object.keys(known));
    }
  }
}

function unknownOption(name: string, key: string, known: readonly string[]): OptionTypeError {
  const closest = closestName(key, known);
  const path = name === "options" ? key : `${name}.${key}`;
  const advice =
    closest === undefined
      ? `known options: ${known.join(", ")}`
      : `did you mean ${formatValue(closest)}?`;
  const message = `unknown option ${formatValue(path)}; ${advice}`;
  return new OptionTypeError(path, `one of ${known.join(", ")}`, formatValue(key), message);
}
