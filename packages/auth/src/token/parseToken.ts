/**
 * Returns the token without the word `bearer` that `cf oauth-token` prints before it. Undefined for
 * anything that is not a token: characters that a header cannot carry would make `fetch` throw an
 * error that contains the token.
 */
export function parseToken(text: unknown): string | undefined {
  if (typeof text !== "string") {
    return undefined;
  }
  const token = text.trim().replace(/^bearer(?:\s+|$)/i, "");
  return /^[\x21-\x7e]+$/.test(token) ? token : undefined;
}

/** Describes an invalid token without its contents: it is a secret even if it is malformed. */
export function describeToken(value: unknown): string {
  return typeof value === "string" ? `a string of length ${value.length}` : typeof value;
}
