import { formatValue, OptionTypeError, objectArgument } from "@loggregator/core";

/** Headers of the connection and of the body, which `fetch` and HTTP/2 set themselves and refuse. */
const connectionHeaders: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/**
 * The characters of names and values. gRPC permits fewer: see Header-Name and ASCII-Value in its
 * protocol.
 */
const characters = {
  http: { names: /^[\w!#$%&'*+.^`|~-]+$/, values: /^[\t\x20-\x7e\x80-\xff]*$/ },
  grpc: { names: /^[\w.-]+$/, values: /^[\x20-\x7e]*$/ },
};

/**
 * Checks headers, and returns them with names in lower case. Headers that the protocol cannot send
 * are rejected here: later, they would look like a network failure, and the request would be
 * repeated.
 *
 * @throws OptionTypeError for an invalid name or value. Values are not shown: they may be keys.
 */
export function checkHeaders(
  option: string,
  headers: unknown,
  protocol: "http" | "grpc" = "http",
): Readonly<Record<string, string>> {
  objectArgument(option, headers);
  const { names, values } = characters[protocol];
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== "string" || !values.test(value)) {
      const expected = protocol === "grpc" ? "printable ASCII text, for gRPC" : "a header value";
      throw new OptionTypeError(`${option}[${formatValue(name)}]`, expected, typeof value);
    }
    const lower = name.toLowerCase();
    if (!names.test(name)) {
      throw new OptionTypeError(option, "valid header names", formatValue(name));
    }
    if (connectionHeaders.has(lower)) {
      throw new OptionTypeError(
        option,
        "headers of requests, not of connections",
        formatValue(name),
      );
    }
    if (protocol === "grpc" && (lower.startsWith("grpc-") || lower.endsWith("-bin"))) {
      const expected = "header names without the prefix grpc- and the suffix -bin, for gRPC";
      throw new OptionTypeError(option, expected, formatValue(name));
    }
    checked[lower] = value;
  }
  return checked;
}
