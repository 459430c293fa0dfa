import type { FetchResponse } from "../fetch.js";
import type { Redact } from "../redactor.js";
import { quote } from "./quote.js";

/**
 * The class of an unexpected response, which decides whether to retry:
 *
 * - `temporary`: it does not depend on the request, and a retry may succeed;
 * - `refused`: the server declines the request until permissions or settings change;
 * - `invalid`: the request itself is wrong, and no retry can succeed.
 */
export type StatusClass = "temporary" | "refused" | "invalid";

const invalid = /^4(0[056]|1[13457]|22|31)$/;
const refused = /^4(0[12347]|10|51)$/;

/**
 * Classifies an HTTP status. Only statuses that no retry can fix are listed: all others, such as 408,
 * 425, 429, 5xx and unknown ones, are temporary. A redirect, and a page with status 200 (of a login
 * portal), are `refused`.
 *
 * @param routerError The error code of Cloud Foundry's router, if the response is its own: the
 * server behind it has not received the request.
 */
export function classifyStatus(status: number, routerError: string | undefined): StatusClass {
  if (routerError !== undefined) {
    return "temporary";
  }
  if (invalid.test(`${status}`)) {
    return "invalid";
  }
  return status < 400 || refused.test(`${status}`) ? "refused" : "temporary";
}

/**
 * Returns the error code that Cloud Foundry's router adds to its own responses, such as
 * `unknown_route` while a server is being deployed. Undefined for responses of servers behind it.
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
