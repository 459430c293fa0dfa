import type { GatewayAccess, TokenRights } from "../../gateway/access/gatewayAccess.js";
import { selectorsOf, sourceIdsOf } from "../promql/parse/expression.js";
import { parseExpression } from "../promql/parse/parseExpression.js";
import { answerGateway, type GatewayContext } from "./answerGateway.js";
import {
  type ApiRequest,
  type ApiResponse,
  emptyResponse,
  pageNotFound,
  plainText,
  queryErrorResponse,
  serverError,
} from "./apiMessage.js";
import { proxyMetaJson } from "./metaJson.js";
import { parseGoQuery } from "./parseGoQuery.js";

/** The context of the auth proxy. */
export interface ProxyContext extends GatewayContext {
  readonly access: GatewayAccess;
  /** The GUIDs of applications by their names. */
  readonly apps: ReadonlyMap<string, readonly string[]>;
}

const notFound = emptyResponse(404);
const badGateway = emptyResponse(502);

/** Answers as log-cache's auth proxy does: 404 if the token may not read a source. */
export async function answerProxy(
  request: ApiRequest,
  context: ProxyContext,
): Promise<ApiResponse> {
  const { path } = request;
  const sourceId = /^\/api\/v1\/read\/([^/]+)$/.exec(path)?.[1];
  if (sourceId !== undefined) {
    return answerRead(request, context, sourceId);
  }
  switch (path) {
    case "/api/v1/query":
    case "/api/v1/query_range":
      return answerQuery(request, context);
    case "/api/v1/meta":
      return answerMeta(request, context);
    case "/api/v1/info":
      return forward(request, context);
    default:
      return pageNotFound;
  }
}

async function answerRead(
  request: ApiRequest,
  context: ProxyContext,
  rawSourceId: string,
): Promise<ApiResponse> {
  const rights = await rightsOf(request, context);
  if (rights === undefined) {
    return notFound;
  }
  // With an escaped slash, the proxy passes the escaped form to Cloud Controller, where it is
  // unknown.
  const sourceId = /%2f/i.test(rawSourceId) ? rawSourceId : decode(rawSourceId);
  return mayRead(rights, sourceId, context) ? forward(request, context) : notFound;
}

async function answerQuery(request: ApiRequest, context: ProxyContext): Promise<ApiResponse> {
  if (!request.authorization) {
    return notFound;
  }
  let sourceIds: Set<string>;
  try {
    sourceIds = sourceIdsOfQuery(queryOf(request));
  } catch (error) {
    return queryErrorResponse(400, "bad_data", serverError(error).details);
  }
  if (sourceIds.size === 0) {
    return queryErrorResponse(400, "bad_data", "query does not request any source_ids");
  }
  const rights = await rightsOf(request, context);
  if (rights === undefined || context.access.cloudController.stopped) {
    return notFound;
  }
  const expanded = new Map<string, string[]>();
  for (const sourceId of sourceIds) {
    const all = [...(context.apps.get(sourceId) ?? []), sourceId];
    const readable = all.filter((one) => mayRead(rights, one, context));
    if (readable.length === 0) {
      return notFound;
    }
    expanded.set(sourceId, readable);
  }
  return forward(request, {
    ...context,
    expand: (sourceId) => expanded.get(sourceId) ?? [],
  });
}

async function answerMeta(request: ApiRequest, context: ProxyContext): Promise<ApiResponse> {
  const rights = await rightsOf(request, context);
  if (rights === undefined) {
    return notFound;
  }
  const { node, access } = context;
  if (node.faults.gateway.stopped || node.faults.server.isUnreachable) {
    return badGateway;
  }
  const meta = [...node.meta()].filter(
    ([sourceId]) =>
      rights === "all" || (!access.cloudController.stopped && rights.includes(sourceId)),
  );
  const body = `${proxyMetaJson(meta)}\n`;
  return { status: 200, headers: { "content-type": plainText }, body };
}

/** Forwards a request to the gateway. */
async function forward(request: ApiRequest, context: ProxyContext): Promise<ApiResponse> {
  return context.node.faults.gateway.stopped ? badGateway : answerGateway(request, context);
}

/** Returns the rights of the request's token; undefined if it is not valid. */
async function rightsOf(
  { authorization = "" }: ApiRequest,
  { access, node }: ProxyContext,
): Promise<TokenRights | undefined> {
  const token = authorization.replace(/^bearer\s+/i, "");
  if (token === "") {
    return undefined;
  }
  return node.faults.takeReplacedKeys() ? undefined : access.rightsOf(token);
}

function mayRead(rights: TokenRights, sourceId: string, { access }: ProxyContext): boolean {
  return rights === "all" || (!access.cloudController.stopped && rights.includes(sourceId));
}

/** Returns the query in the URL: the proxy does not read it from the body. */
function queryOf({ query }: ApiRequest): string {
  let parameters: ReadonlyMap<string, readonly string[]>;
  try {
    parameters = parseGoQuery(query);
  } catch {
    return "";
  }
  return parameters.get("query")?.[0] ?? "";
}

function sourceIdsOfQuery(query: string): Set<string> {
  const sourceIds = new Set<string>();
  for (const { selector } of selectorsOf(parseExpression(query))) {
    for (const sourceId of sourceIdsOf(selector.matchers)) {
      sourceIds.add(sourceId);
    }
  }
  return sourceIds;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
