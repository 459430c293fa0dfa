import type { IncomingMessage, ServerResponse } from "node:http";

/** Which web pages may read: `true` all, `false` none, or those of these origins. */
export type GatewayCors = boolean | readonly string[];

/** Says in the response's headers whether the page that asks may read it; returns whether. */
export type AllowOrigin = (request: IncomingMessage, response: ServerResponse) => boolean;

/** @throws TypeError where it is not of its form */
export function createCors(cors: GatewayCors): AllowOrigin {
  if (cors === false) {
    return () => false;
  }
  if (cors === true) {
    return (_, response) => {
      response.setHeader("access-control-allow-origin", "*");
      return true;
    };
  }
  if (!Array.isArray(cors) || cors.some((origin) => !isOrigin(origin))) {
    throw new TypeError(
      `gateway.cors: expected true, false, or origins such as "http://localhost:5173", got ${JSON.stringify(cors)}`,
    );
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

/** Whether a browser asks what it may ask. Such a request has no token. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

/** Lets a page send a token, and the other headers of the clients. */
export function answerPreflight(response: ServerResponse): void {
  response.writeHead(204, {
    "access-control-allow-methods": "GET",
    "access-control-allow-headers": "authorization, cache-control, accept",
    "access-control-max-age": "600",
  });
  response.end();
}

function isOrigin(text: unknown): boolean {
  return typeof text === "string" && URL.canParse(text) && new URL(text).origin === text;
}
