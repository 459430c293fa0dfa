import type { FetchResponse } from "../fetch.js";
import type { Redact } from "../redactor.js";
import { quote } from "./errorBody.js";

/**
 * Whether a response is a redirect. In browsers it has the type `opaqueredirect` and the status 0.
 */
export function isRedirect({ status, type }: FetchResponse): boolean {
  return type === "opaqueredirect" || (status >= 300 && status < 400);
}

/** Describes a redirect without its query and fragment, which often carry tokens. */
export function describeRedirect(response: FetchResponse, url: string, redact: Redact): string {
  const location = response.headers.get("location");
  const status = response.status === 0 ? "" : ` ${response.status}`;
  if (location === null || !URL.canParse(location, url)) {
    return `a redirect${status}`;
  }
  const { origin, pathname } = new URL(location, url);
  return `a redirect${status} to ${quote(origin + pathname, redact)}`;
}
