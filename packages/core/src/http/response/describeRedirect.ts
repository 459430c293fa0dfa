import type { FetchResponse } from "../fetch.js";
import type { Redact } from "../redactor.js";
import { quote } from "./quote.js";

/**
 * Describes a redirect without its query and fragment, which often carry tokens. Undefined for other
 * responses. In browsers, a redirect has the type `opaqueredirect` and the status 0.
 */
export function describeRedirect(
  response: FetchResponse,
  url: string,
  redact: Redact,
): string | undefined {
  const { status, type } = response;
  if (type !== "opaqueredirect" && (status < 300 || status > 399)) {
    return undefined;
  }
  const location = response.headers.get("location");
  const shown = status === 0 ? "" : ` ${status}`;
  if (location === null || !URL.canParse(location, url)) {
    return `a redirect${shown}`;
  }
  const { origin, pathname } = new URL(location, url);
  return `a redirect${shown} to ${quote(origin + pathname, redact)}`;
}
