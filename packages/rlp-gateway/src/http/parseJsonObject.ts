/** Parses text that should be a JSON object. Returns an empty one for anything else. */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === "object" && json !== null) return json as Record<string, unknown>;
  } catch {
    // A page of a proxy, most likely.
  }
  return {};
}
