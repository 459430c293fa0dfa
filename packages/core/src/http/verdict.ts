import type { FetchResponse } from "./fetch.js";

/**
 * The meaning of an unexpected answer for the next attempt:
 *
 * - `momentary`: it says nothing about the request; the next answer may be another one;
 * - `refused`: the server knows the request and declines it, as long as nobody changes anything;
 * - `invalid`: the request itself is wrong, whenever it is sent.
 */
export type Verdict = "momentary" | "refused" | "invalid";

const invalid = /^4(0[056]|1[13457]|22|31)$/;
const refused = /^4(0[12347]|10|51)$/;

/**
 * Judges a status. Only what no retry can help is listed: all others, such as 408, 425, 429, 5xx
 * and those that nobody has invented yet, are momentary. A redirect, and a page with status 200
 * (of a login portal), are `refused`.
 *
 * @param routerError What Cloud Foundry's router says about an answer of its own, if it is one: the
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
 * Returns what Cloud Foundry's router says about an answer of its own: `unknown_route` while a
 * server is being deployed. Undefined for answers of servers behind it.
 */
export function routerErrorOf(response: FetchResponse, body: string): string | undefined {
  const header = response.headers.get("x-cf-routererror");
  if (header) {
    return header.slice(0, 100);
  }
  // Pages of other origins do not get to see the header in browsers.
  const isUnknownRoute = body.startsWith("404 Not Found: Requested route (");
  return response.status === 404 && isUnknownRoute ? "unknown_route" : undefined;
}
