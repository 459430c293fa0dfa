import { OptionRangeError, OptionTypeError } from "../options/optionError.js";
import { formatValue } from "../text/formatValue.js";

/**
 * Checks the URL of a server, and returns it without trailing slashes.
 *
 * @throws OptionTypeError, OptionRangeError for anything else. If the URL may contain a secret, the
 * message shows only its host.
 */
export function endpointUrl(name: string, value: unknown): string {
  const text = value instanceof URL ? value.href : value;
  const url = typeof text === "string" && URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.username || url.password || url.search || url.hash)) {
    const expected = "a URL without user name, password, query and fragment";
    throw new OptionRangeError(name, expected, `one with the host ${formatValue(url.host)}`);
  }
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new OptionTypeError(name, "an http or https URL", formatValue(text));
  }
  const base = url.origin + url.pathname;
  let end = base.length;
  while (base[end - 1] === "/") {
    end--;
  }
  return base.slice(0, end);
}
