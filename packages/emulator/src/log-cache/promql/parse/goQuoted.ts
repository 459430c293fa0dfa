/** Text as Go's `%q` prints it, but for characters that cannot be printed. */
export function goQuoted(text: string): string {
  return JSON.stringify(text).replaceAll("\\u00", "\\x");
}
