import { formatValue, OptionRangeError, OptionTypeError } from "@loggregator/core";

/**
 * Checks the URL of a server, and returns it without slashes at its end.
 *
 * @throws OptionTypeError, OptionRangeError for anything else. A user name or password in it is
 * not repeated in the message.
 */
export function endpointUrl(name: string, value: unknown): string {
  const text = typeof value === "string" || value instanceof URL ? String(value) : undefined;
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username || url?.password) {
    const expected = "a URL without user name and password";
    const message = `${name} must be ${expected} (host ${formatValue(url.host)}); pass a token instead`;
    throw new OptionRangeError(name, expected, formatValue(url.host), message);
  }
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new OptionTypeError(name, "an http or https URL", formatValue(text ?? value));
  }
  const base = url.origin + url.pathname;
  if (url.search || url.hash) {
    const received = `${formatValue(base)} with one`;
    throw new OptionRangeError(name, "a URL without query and fragment", received);
  }
  let end = base.length;
  while (base[end - 1] === "/") end--;
  return base.slice(0, end);
}
