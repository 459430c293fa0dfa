import type { AnswerContext } from "@loggregator/auth";
import {
  classifyStatus,
  type FetchResponse,
  parseJsonObject,
  readErrorResponse,
} from "@loggregator/core/http";
import { LogCacheResponseError } from "../errors.js";

/** The body with which Go's HTTP server answers for an unknown path. */
const unknownPath = "404 page not found";

/** The gRPC code of errors that log-cache itself reports without a code, such as an invalid filter. */
const unknownCode = 2;

/** The gRPC code of answers that are larger than 50 MiB. */
const resourceExhausted = 8;

/** Describes an answer with a status other than 200, and reads its body. Never rejects. */
export async function responseError(
  what: string,
  url: string,
  response: FetchResponse,
  { redact, signal }: Pick<AnswerContext, "redact" | "signal">,
): Promise<LogCacheResponseError> {
  const { facts, redirect, field } = await readErrorResponse(response, url, redact, signal);
  const { status, body, routerError } = facts;
  const { code: grpcCode } = parseJsonObject(body);
  const code = typeof grpcCode === "number" ? grpcCode : field("errorType");
  const tooLarge = status === 429 && code === resourceExhausted;
  const detail = field("message") ?? field("error");
  const answer = redirect ?? `${status}${detail === undefined ? "" : `: ${detail}`}`;
  const advice = adviceFor(status, code, body, routerError, redirect !== undefined, tooLarge);
  return new LogCacheResponseError(`cannot ${what}: got ${answer}${advice}`, {
    ...facts,
    code,
    tooLarge,
    // With this code, log-cache rejects the request itself, whatever the status.
    retryable:
      classifyStatus(status, routerError) === "temporary" && code !== unknownCode && !tooLarge,
  });
}

/** Returns whether the auth proxy, or another server in front of log-cache, refused the token. */
export function isTokenRefusal(error: unknown): boolean {
  return (
    isProxyRefusal(error) ||
    (error instanceof LogCacheResponseError &&
      error.routerError === undefined &&
      error.status === 401)
  );
}

/**
 * Returns whether log-cache's auth proxy refused the token: it answers 404 without a body. It also
 * does so for the first request after UAA's keys were replaced, and accepts the next one.
 */
export function isProxyRefusal(error: unknown): boolean {
  return (
    error instanceof LogCacheResponseError &&
    error.routerError === undefined &&
    error.status === 404 &&
    error.body.trim() === ""
  );
}

function adviceFor(
  status: number,
  code: number | string | undefined,
  body: string,
  routerError: string | undefined,
  isRedirected: boolean,
  tooLarge: boolean,
): string {
  if (routerError !== undefined) {
    return ` from Cloud Foundry's router (${routerError}): no route to log-cache at present, or url is wrong`;
  }
  if (isRedirected) {
    return "; redirects are not followed. Set url to log-cache's own address";
  }
  if (tooLarge) {
    return "; the answer is too large. Set a smaller limit";
  }
  if (status === 401 || status === 404) {
    if (body.trim() === "") {
      return ". The token is missing, expired, or not authorized for this source (log-cache answers 404 in each case), or Cloud Controller is unavailable";
    }
    return code === undefined && body.trim() !== unknownPath
      ? "; this is not a log-cache response. Check url and token"
      : "; there is no log-cache at this path. Set url to log-cache's own address, without /api/v1";
  }
  return "";
}
