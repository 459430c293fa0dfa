/**
 * Rejects option names that do not exist: a misspelt option would otherwise be ignored silently.
 *
 * @throws TypeError for an unknown name, or if `options` is not an object.
 */
export function checkOptionNames(options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`options must be an object, got ${String(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(
        `unknown option ${JSON.stringify(name.slice(0, 60))}; known options: ${known.join(", ")}`,
      );
    }
  }
}

/** @throws TypeError if `value` is neither undefined nor a function. */
export function optionalFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === "function") return;
  throw new TypeError(`${name} must be a function, got ${typeof value}`);
}
