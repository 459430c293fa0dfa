import { ServerError, Status } from "nice-grpc";

/**
 * Parses a query, or the body of a form, as Go does.
 *
 * @throws ServerError INVALID_ARGUMENT for semicolons and broken escapes.
 */
export function parseGoQuery(text: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const part of text.split("&")) {
    if (part.includes(";")) {
      throw invalidArgument("invalid semicolon separator in query");
    }
    if (part === "") {
      continue;
    }
    const equals = part.indexOf("=");
    const name = unescapeQuery(equals < 0 ? part : part.slice(0, equals));
    const value = unescapeQuery(equals < 0 ? "" : part.slice(equals + 1));
    const found = values.get(name);
    if (found === undefined) {
      values.set(name, [value]);
    } else {
      found.push(value);
    }
  }
  return values;
}

export function invalidArgument(message: string): ServerError {
  return new ServerError(Status.INVALID_ARGUMENT, message);
}

function unescapeQuery(text: string): string {
  const [broken] = /%(?![\da-f]{2}).{0,2}/i.exec(text) ?? [];
  if (broken !== undefined) {
    throw invalidArgument(`invalid URL escape ${JSON.stringify(broken)}`);
  }
  // Node.js reads the request line as latin1.
  const bytes = text
    .replaceAll("+", " ")
    .replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const decoded = Buffer.from(bytes, "latin1");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(decoded);
  } catch {
    throw new ServerError(
      Status.INTERNAL,
      "grpc: error while marshaling: string field contains invalid UTF-8",
    );
  }
}
