/** Quotes text as Go's `%q`, except for characters that cannot be printed. */
export function goQuoted(text: string): string {
  return JSON.stringify(text).replaceAll("\\u00", "\\x");
}
