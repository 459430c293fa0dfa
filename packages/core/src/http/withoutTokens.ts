/**
 * Replaces the tokens in the output of a command, such as `cf`, whose plugins and traces may print
 * them: words that are longer than any other.
 */
export function withoutTokens(text: string): string {
  return text
    .split(" ")
    .map((word) => (word.length > 40 ? "…" : word))
    .join(" ");
}
