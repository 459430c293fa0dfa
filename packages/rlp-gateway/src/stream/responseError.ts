import { type GatewayResponse, GatewayResponseError } from "../errors.js";
import { quote, readErrorBody } from "../http/errorBody.js";
import type { FetchResponse } from "../http/fetch.js";
import type { Redact } from "../http/redactor.js";
import { describeRedirect, isRedirect } from "../http/redirect.js";
import { retryAfterMs } from "../http/retryAfter.js";
import { routerErrorOf } from "../http/verdict.js";
import { shortUrl } from "../request/shortUrl.js";

/** The answer of Go's HTTP server for a path that it does not serve. */
const unknownPath = "404 page not found";

/** Describes an answer that is not an event stream, and reads its body. Never rejects. */
export async function responseError(
  url: string,
  response: FetchResponse,
  redact: Redact,
  signal: AbortSignal,
): Promise<GatewayResponseError> {
  const { status, headers } = response;
  const body = await readErrorBody(response, redact, signal);
  const code = body.field("error");
  const router = routerErrorOf(response, body.text);
  const routerError = router === undefined ? undefined : quote(router, redact);

  const label = code ?? quote(headers.get("content-type") ?? "", redact);
  const detail = body.field("message");
  const answer = isRedirect(response)
    ? describeRedirect(response, url, redact)
    : `${status} ${label}`.trimEnd() + (detail === undefined ? "" : `: ${detail}`);
  const advice = adviceFor(response, { body: body.text, code, routerError });
  return new GatewayResponseError(
    `cannot read ${redact(shortUrl(url))}: expected an event stream, got ${answer}${advice}`,
    {
      status,
      code,
      body: body.text,
      routerError,
      retryAfterMs: retryAfterMs(headers.get("retry-after")),
    },
  );
}

/** Whether a 404 is about the path of the URL: it then has nothing to do with the token. */
export function isUnknownPath({ status, body }: { status: number; body: string }): boolean {
  return status === 404 && body.trim() === unknownPath;
}

function adviceFor(
  response: FetchResponse,
  { body, code, routerError }: Pick<GatewayResponse, "body" | "code" | "routerError">,
): string {
  const { status } = response;
  if (routerError !== undefined) {
    return ` from Cloud Foundry's router (${routerError}): it has no route to the gateway at present, or url has a wrong host`;
  }
  if (isRedirect(response)) {
    return "; redirects are not followed, as they could disclose the token. Set url to the gateway's own address";
  }
  if (isUnknownPath({ status, body })) {
    return "; the server has no log stream at this path. Set url to https://log-stream.<system domain>, without /v2/read";
  }
  if ((status === 401 || status === 404) && code === undefined) {
    return "; this is not an answer of a gateway. Check the URL, and the token";
  }
  if (status === 401 || status === 404) {
    return "; the token is missing, expired, or not valid for one of the source ids. Tokens of ordinary users are valid for GUIDs of their apps and services only";
  }
  if (status === 414 || status === 431) {
    return "; the request is too long. Select fewer sources per stream";
  }
  return "";
}
