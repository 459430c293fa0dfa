/**
 * Returns the token without the word `bearer` that `cf oauth-token` prints before it. Returns
 * undefined for anything else, because `fetch` throws an error that contains the token if a header
 * has invalid characters.
 */
export function parseToken(text: unknown): string | undefined {
  if (typeof text !== "string") {
    return undefined;
  }
  const token = text.trim().replace(/^bearer(?:\s+|$)/i, "");
  return /^[\x21-\x7e]+$/.test(token) ? token : undefined;
}

/** Describes an invalid token without its contents: even a malformed token is a secret. */
export function describeToken(value: unknown): string {
  return typeof value === "string" ? `a string of length ${value.length}` : typeof value;
}
