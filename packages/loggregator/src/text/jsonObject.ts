/** The maximum length of a log line that is parsed as JSON, in UTF-16 code units. */
const maxLength = 64 * 1024;

/** Returns the fields of a log line that is a JSON object, of up to 64 KiB. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  // Most lines are not JSON, which the first character shows.
  if (text.charCodeAt(0) !== openBrace && !/^\s{0,20}\{/.test(text.slice(0, 21))) {
    return undefined;
  }
  if (text.length > maxLength) {
    return undefined;
  }
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** Returns a field by its name or path: `msg`, `log.level`, `req.headers.host`. */
export function fieldOf(fields: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(fields, path)) {
    return fields[path];
  }
  let value: unknown = fields;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** Returns a field's value as text: strings as they are, others as JSON. */
export function fieldText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

const openBrace = 0x7b;
