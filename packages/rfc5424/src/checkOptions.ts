/**
 * Rejects unknown option names: a misspelled option would otherwise be ignored silently.
 *
 * @throws TypeError for an unknown name, or if `options` is not an object.
 */
export function checkOptionNames(options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`options must be an object, got ${formatValue(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(
        `unknown option ${formatValue(name)}; known options: ${known.join(", ")}`,
      );
    }
  }
}

/**
 * Checks an optional function.
 *
 * @throws TypeError if `value` is neither undefined nor a function.
 */
export function optionalFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === "function") {
    return;
  }
  throw new TypeError(`${name} must be a function, got ${formatValue(value)}`);
}

/**
 * Checks a positive integer.
 *
 * @throws TypeError if `value` is not a number; RangeError if it is not a positive integer.
 */
export function positiveInteger(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) {
    return value as number;
  }
  const message = `${name} must be a positive integer, got ${formatValue(value)}`;
  throw typeof value === "number" ? new RangeError(message) : new TypeError(message);
}

/** Formats a value for an error message, truncated, and without the contents of objects. */
export function formatValue(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.slice(0, 60));
  }
  if (typeof value === "function") {
    return "a function";
  }
  if (typeof value === "object" && value !== null) {
    return "an object";
  }
  return String(value).slice(0, 60);
}
