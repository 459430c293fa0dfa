import { Envelope, formatEnvelopeBatch } from "@loggregator/api";
import { ServerError, Status } from "nice-grpc";
import type { LogCacheNode } from "../logCacheNode.js";
import {
  type ApiRequest,
  type ApiResponse,
  errorResponse,
  httpStatus,
  plainText,
  queryErrorResponse,
  serverError,
} from "./apiMessage.js";
import { gatewayMetaJson } from "./metaJson.js";
import { parseGoQuery } from "./parseGoQuery.js";
import { queryJson } from "./queryJson.js";
import { readParameters, single } from "./readParameters.js";

type Parameters = ReadonlyMap<string, readonly string[]>;

/** The context of the gateway. */
export interface GatewayContext {
  readonly node: LogCacheNode;
  /** The start time of the emulator, as of `performance.now`. */
  readonly startedAt: number;
  /** Returns the source ids that replace one in a query. Default: the same id. */
  readonly expand?: ((sourceId: string) => readonly string[]) | undefined;
}

/** The version of log-cache that is emulated. */
const version = "3.2.12";

/** Answers as log-cache's gateway does. */
export async function answerGateway(
  request: ApiRequest,
  context: GatewayContext,
): Promise<ApiResponse> {
  const { method, path, query } = request;
  const clean = cleanPath(path);
  if (clean !== path) {
    return redirect(clean + (query === "" ? "" : `?${query}`), method);
  }
  if (path === "/api/v1/info") {
    const uptime = Math.floor((performance.now() - context.startedAt) / 1000);
    const body = `{"version":"${version}","vm_uptime":"${uptime}"}\n`;
    return { status: 200, headers: { "content-type": plainText }, body };
  }
  const route = findRoute(path);
  if (route === undefined) {
    return errorResponse(new ServerError(Status.NOT_FOUND, "Not Found"));
  }
  const isForm = method === "POST" && request.contentType === "application/x-www-form-urlencoded";
  try {
    if (method !== "GET" && !isForm) {
      throw new ServerError(Status.UNIMPLEMENTED, "Method Not Allowed");
    }
    const form = isForm ? await request.body() : "";
    const parameters = parseGoQuery([form, query].filter((part) => part !== "").join("&"));
    const json = await route.answer(context, parameters);
    return {
      status: 200,
      headers: {
        "content-type": "application/json",
        "grpc-metadata-content-type": "application/grpc",
      },
      body: `${json}\n`,
    };
  } catch (error) {
    const known = serverError(error);
    return route.isQuery
      ? queryErrorResponse(httpStatus(known.code), "internal", known.details)
      : errorResponse(known);
  }
}

interface Route {
  /** Whether errors have Prometheus' form. */
  readonly isQuery?: boolean;
  /** Returns JSON. */
  answer(context: GatewayContext, parameters: Parameters): Promise<string>;
}

const meta: Route = {
  async answer({ node }, parameters) {
    for (const name of ["local_only", "localOnly"]) {
      single("local_only", parameters.get(name) ?? []);
    }
    return gatewayMetaJson(node.viaGateway().meta());
  },
};

const instantQuery: Route = {
  isQuery: true,
  async answer({ node, expand }, parameters) {
    const query = parameter(parameters, "query");
    const time = parameter(parameters, "time");
    return queryJson(await node.viaGateway().instantQuery(query, time, expand));
  },
};

const rangeQuery: Route = {
  isQuery: true,
  async answer({ node, expand }, parameters) {
    const query = {
      query: parameter(parameters, "query"),
      start: parameter(parameters, "start"),
      end: parameter(parameters, "end"),
      step: parameter(parameters, "step"),
    };
    return queryJson(await node.viaGateway().rangeQuery(query, expand));
  },
};

function read(sourceId: string): Route {
  return {
    async answer({ node }, parameters) {
      const query = readParameters(sourceId, parameters);
      const envelopes = await node.viaGateway().read(query);
      node.checkSize(envelopes);
      const batch = envelopes.map((bytes) => Envelope.decode(bytes));
      return `{"envelopes":${formatEnvelopeBatch({ batch }, { emitUnpopulated: true })}}`;
    },
  };
}

function findRoute(path: string): Route | undefined {
  switch (path) {
    case "/api/v1/meta":
      return meta;
    case "/api/v1/query":
      return instantQuery;
    case "/api/v1/query_range":
      return rangeQuery;
    default: {
      const match = /^\/api\/v1\/read(?:\/(.*))?$/s.exec(path);
      return match === null ? undefined : read(decodePath(match[1] ?? ""));
    }
  }
}

function parameter(parameters: Parameters, name: string): string {
  return single(name, parameters.get(name) ?? []);
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Removes empty segments, `.` and `..` from a path, as Go's router does. */
function cleanPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") {
      segments.pop();
    } else if (segment !== "" && segment !== ".") {
      segments.push(segment);
    }
  }
  const end = path.endsWith("/") && segments.length > 0 ? "/" : "";
  return `/${segments.join("/")}${end}`;
}

function redirect(location: string, method: string): ApiResponse {
  const hasBody = method === "GET" || method === "HEAD";
  const link = location.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  return {
    status: 307,
    headers: { location, ...(hasBody ? { "content-type": "text/html; charset=utf-8" } : {}) },
    body: hasBody ? `<a href="${link}">Temporary Redirect</a>.\n\n` : "",
  };
}
