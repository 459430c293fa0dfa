import { formatValue, OptionTypeError, splitHostPort } from "@loggregator/core";

/** A parsed address. */
export type Address =
  | { readonly type: "tcp"; readonly host: string; readonly port: number }
  | { readonly type: "unix"; readonly path: string };

/**
 * Parses `host:port`, `[IPv6]:port` or `unix:path` (also `unix:///path`).
 *
 * @throws OptionTypeError for anything else.
 */
export function parseAddress(address: unknown): Address {
  if (typeof address === "string") {
    const path = /^unix:(?:\/\/(?=\/))?(.+)$/s.exec(address)?.[1];
    if (path !== undefined && !path.includes("\0")) {
      return { type: "unix", path };
    }
    const parts = splitHostPort(address);
    if (parts !== undefined) {
      return { type: "tcp", ...parts };
    }
  }
  const expected = '"host:port", "[IPv6]:port" or "unix:path"';
  throw new OptionTypeError("address", expected, formatValue(address));
}
