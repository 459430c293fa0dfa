import type { IncomingHttpHeaders } from "node:http";
import { posix } from "node:path";
import type { EgressBatchRequest } from "@loggregator/api";
import type { GatewayAccess } from "./access/gatewayAccess.js";
import {
  type GatewayRefusal,
  methodNotAllowed,
  movedTo,
  notFound,
  pathNotFound,
  protocolError,
  serverOptions,
} from "./gatewayRefusal.js";
import { QueryParameters } from "./queryParameters.js";
import { readQuery } from "./readQuery.js";

export interface GatewayRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Returns the request to the RLP, or the refusal. Checks in the gateway's order: path, token,
 * method, query.
 */
export async function readRequest(
  { method, url = "", headers }: GatewayRequest,
  access: GatewayAccess,
): Promise<EgressBatchRequest | GatewayRefusal> {
  if (method === "OPTIONS" && url === "*") {
    return serverOptions;
  }
  const mark = url.indexOf("?");
  const rawPath = (mark < 0 ? url : url.slice(0, mark)).replace(/^https?:\/\/[^/]*/i, "");
  const query = mark < 0 ? "" : url.slice(mark + 1);
  const path = decodePath(rawPath);
  if (path === undefined) {
    return protocolError(400);
  }
  const clean = cleanPath(path);
  if (clean !== path) {
    return movedTo(encodePath(clean) + (mark < 0 ? "" : `?${query}`));
  }
  if (path !== "/v2/read") {
    return pathNotFound;
  }
  const parameters = new QueryParameters(query);
  if (!(await access.mayRead(headers.authorization, parameters.all("source_id")))) {
    return notFound;
  }
  return method === "GET" ? readQuery(parameters) : methodNotAllowed;
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Removes empty segments, `.` and `..` from a path; a trailing slash is kept. */
function cleanPath(path: string): string {
  return posix.normalize(`/${path}`);
}

function encodePath(path: string): string {
  return encodeURI(path).replace(
    /[?#!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
