/** Prints a warning with `console.warn`: browsers have no `process`. */
export function emitWarning(message: string): void {
  console.warn(message);
}
