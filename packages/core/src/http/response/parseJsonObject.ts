/** Parses text that should be a JSON object. Returns an empty one for anything else. */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    // Most likely the error page of a proxy.
    return {};
  }
}
