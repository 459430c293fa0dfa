import type { FetchResponse } from "../fetch.js";
import type { Redact } from "../redactor.js";
import { quote } from "./quote.js";

/**
 * The meaning of an unexpected answer for the next attempt:
 *
 * - `momentary`: it does not depend on the request, and a retry may succeed;
 * - `refused`: the server declines the request until permissions or settings change;
 * - `invalid`: the request itself is wrong, and no retry can succeed.
 */
export type Verdict = "momentary" | "refused" | "invalid";

const invalid = /^4(0[056]|1[13457]|22|31)$/;
const refused = /^4(0[12347]|10|51)$/;

/**
 * Classifies a status. Only statuses that no retry can fix are listed: all others, such as 408,
 * 425, 429, 5xx and unknown ones, are momentary. A redirect, and a page with status 200 (of a login
 * portal), are `refused`.
 *
 * @param routerError The error code of Cloud Foundry's router, if the router itself answered: the
 * server behind it has not seen the request, whatever the status.
 */
export function verdictOf(status: number, routerError: string | undefined): Verdict {
  if (routerError !== undefined) {
    return "momentary";
  }
  if (invalid.test(`${status}`)) {
    return "invalid";
  }
  return status < 400 || refused.test(`${status}`) ? "refused" : "momentary";
}

/**
 * Returns the error code that Cloud Foundry's router adds to its own answers, such as
 * `unknown_route` while a server is being deployed. Undefined for answers of servers behind it.
 */
export function routerErrorOf(
  response: FetchResponse,
  body: string,
  redact: Redact,
): string | undefined {
  const header = response.headers.get("x-cf-routererror");
  if (header) {
    return quote(header, redact);
  }
  // Browsers hide the header from pages of other origins.
  const isUnknownRoute = body.startsWith("404 Not Found: Requested route (");
  return response.status === 404 && isUnknownRoute ? "unknown_route" : undefined;
}
