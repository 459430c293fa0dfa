/** Parses text that should be a JSON object. Returns an empty one for anything else. */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    // A page of a proxy, most likely.
    return {};
  }
}
