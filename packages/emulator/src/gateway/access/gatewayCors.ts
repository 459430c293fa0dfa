import type { IncomingMessage, ServerResponse } from "node:http";
import { formatValue, OptionTypeError } from "@loggregator/core";

/** The web pages of other origins that may read: `true` for all, `false` for none, or a list of origins. */
export type GatewayCors = boolean | readonly string[];

/** Sets the CORS headers of a response. Returns whether the page may read it. */
export type AllowOrigin = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * @param option The option's name, for errors.
 * @throws OptionTypeError for another value.
 */
export function createCors(cors: GatewayCors, option: string): AllowOrigin {
  if (cors === false) {
    return () => false;
  }
  if (cors === true) {
    return (_, response) => {
      response.setHeader("access-control-allow-origin", "*");
      return true;
    };
  }
  const expected = 'true, false or an array of origins such as "http://localhost:5173"';
  if (!Array.isArray(cors)) {
    throw new OptionTypeError(option, expected, formatValue(cors));
  }
  for (const [i, origin] of cors.entries()) {
    if (isOrigin(origin)) {
      continue;
    }
    const example = 'an origin such as "http://localhost:5173"';
    throw new OptionTypeError(`${option}[${i}]`, example, formatValue(origin));
  }
  const origins = new Set(cors);
  return ({ headers: { origin } }, response) => {
    response.setHeader("vary", "origin");
    if (origin === undefined || !origins.has(origin)) {
      return false;
    }
    response.setHeader("access-control-allow-origin", origin);
    return true;
  };
}

/** Returns whether a request is a CORS preflight, which has no token. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

/**
 * Allows a page to use a method with these headers. Default: to read, with a token and the other
 * headers of the clients.
 */
export function answerPreflight(
  response: ServerResponse,
  method = "GET",
  headers = "authorization, cache-control, accept",
): void {
  response.writeHead(204, {
    "access-control-allow-methods": method,
    "access-control-allow-headers": headers,
    "access-control-max-age": "600",
  });
  response.end();
}

function isOrigin(text: unknown): text is string {
  return typeof text === "string" && URL.canParse(text) && new URL(text).origin === text;
}
