import { type FetchResponse, quote, type Redact, readErrorResponse } from "@loggregator/core/http";
import { type GatewayResponse, GatewayResponseError } from "../errors.js";
import { shortUrl } from "../request/shortUrl.js";

/** The response body of Go's HTTP server for an unknown path. */
const unknownPath = "404 page not found";

/** Creates the error for a response that is not an event stream. Never rejects. */
export async function responseError(
  url: string,
  response: FetchResponse,
  redact: Redact,
  signal: AbortSignal,
): Promise<GatewayResponseError> {
  const { facts, redirect, field } = await readErrorResponse(response, url, redact, signal);
  const answer = { ...facts, code: field("error") };
  const label = answer.code ?? quote(response.headers.get("content-type") ?? "", redact);
  const detail = field("message");
  const text =
    redirect ?? `${facts.status} ${label}`.trimEnd() + (detail === undefined ? "" : `: ${detail}`);
  const advice = adviceFor(answer, redirect);
  return new GatewayResponseError(
    `cannot read ${redact(shortUrl(url))}: expected an event stream, got ${text}${advice}`,
    answer,
  );
}

/** Returns true if a 404 is caused by the path of the URL, and not by the token. */
export function isUnknownPath({ status, body }: { status: number; body: string }): boolean {
  return status === 404 && body.trim() === unknownPath;
}

function adviceFor(facts: GatewayResponse, redirect: string | undefined): string {
  const { status, code, routerError } = facts;
  if (routerError !== undefined) {
    return ` from Cloud Foundry's router (${routerError}): there is currently no route, or url is wrong`;
  }
  if (redirect !== undefined) {
    return "; redirects are not followed. Set url to the gateway's own address";
  }
  if (isUnknownPath(facts)) {
    return "; there is no log stream at this path. Set url without /v2/read";
  }
  if (status === 401 || status === 404) {
    return code === undefined
      ? "; this is not the response of a gateway"
      : "; the token is missing, expired, or not valid for a source id (ordinary users: GUIDs only)";
  }
  if (status === 414 || status === 431) {
    return "; select fewer sources per stream";
  }
  return "";
}
