import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  errorText,
  isCrossOrigin,
  isLocalHostHeader,
  isOptionError,
  type Logger,
} from "@loggregator/core";
import type { EmulatorCore } from "../emulatorCore.js";
import type { FaultRegistry } from "../faults/faultRegistry.js";
import { listenAt } from "../network/listenAddress.js";
import { ApiError } from "./apiError.js";
import { getEnvelopes, postEnvelopes } from "./envelopesEndpoint.js";
import { getStats } from "./getStats.js";
import { Parameters } from "./parameters.js";
import type { RestApiSettings } from "./restApiOptions.js";

export interface RestApi {
  /** `host:port`, with the actual port. */
  readonly address: string;
  readonly url: string;
  close(): Promise<void>;
}

export interface RestApiParts {
  readonly core: EmulatorCore;
  readonly registry: FaultRegistry;
  readonly reset: () => void;
  readonly logger: Logger;
}

/** The maximum size of a request's body in bytes, equal to that of a gRPC message. */
const maxBodyBytes = 10 * 1024 * 1024;
/** The time for a request to arrive completely. */
const requestTimeoutMs = 30_000;

/**
 * Serves the REST API.
 *
 * @throws EmulatorStartError if it cannot listen at the address.
 */
export async function startRestApi(
  { address, allowedHosts }: RestApiSettings,
  parts: RestApiParts,
): Promise<RestApi> {
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    const ending = new AbortController();
    response.once("close", () => ending.abort());
    answer(request, allowedHosts, parts, ending.signal).then(
      (body) => send(request, response, request.method === "POST" ? 202 : 200, body),
      (error: unknown) => {
        // The client has closed the connection.
        if (!ending.signal.aborted) {
          sendError(request, response, error, parts.logger);
        }
      },
    );
  });
  const place = await listenAt(server, address);
  return {
    address: place.address,
    url: `http://${place.reachable}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

type Handler = (
  parts: RestApiParts,
  search: URLSearchParams,
  request: IncomingMessage,
  signal: AbortSignal,
) => string | Promise<string>;

const endpoints: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  "/envelopes": {
    GET: ({ core }, search, _, signal) => getEnvelopes(core.observation, search, signal),
    async POST({ core }, search, request) {
      new Parameters(search, []);
      return postEnvelopes(core, await readBody(request));
    },
  },
  "/faults": {
    GET({ registry }, search) {
      new Parameters(search, []);
      return faultsJson(registry);
    },
    async POST({ registry }, search, request) {
      new Parameters(search, []);
      registry.apply(readObject(await readBody(request)));
      return faultsJson(registry);
    },
    DELETE({ registry }, search) {
      registry.clear(new Parameters(search, ["target"]).all("target").at(-1));
      return faultsJson(registry);
    },
  },
  "/stats": { GET: ({ core }, search, _, signal) => getStats(core.observation, search, signal) },
  "/reset": {
    POST({ reset }, search) {
      new Parameters(search, []);
      reset();
      return "{}";
    },
  },
  "/health": {
    GET(_, search) {
      new Parameters(search, []);
      return '{"status":"ok"}';
    },
  },
};

async function answer(
  request: IncomingMessage,
  allowedHosts: readonly string[],
  parts: RestApiParts,
  signal: AbortSignal,
): Promise<string> {
  const { host, origin, "sec-fetch-site": fetchSite } = request.headers;
  if (!isLocalHostHeader(host, allowedHosts)) {
    throw new ApiError(
      403,
      "forbidden_host",
      `the host must be an IP address, a name without a dot, or one that is allowed, got ${host}`,
    );
  }
  if (isCrossOrigin({ host, origin, fetchSite: fetchSite as string | undefined })) {
    throw new ApiError(403, "forbidden_origin", "web pages of other origins have no access");
  }
  const [path = "", query = ""] = (request.url ?? "").split(/\?(.*)/s);
  const methods = Object.hasOwn(endpoints, path) ? endpoints[path] : undefined;
  if (methods === undefined) {
    const known = Object.keys(endpoints).join(", ");
    throw new ApiError(404, "not_found", `unknown path; known paths: ${known}`);
  }
  const { method = "" } = request;
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (handler === undefined) {
    const allowed = Object.keys(methods);
    throw new ApiError(
      405,
      "method_not_allowed",
      `the method must be ${allowed.join(" or ")}, got ${method}`,
      { allowed },
    );
  }
  return await handler(parts, new URLSearchParams(query), request, signal);
}

function faultsJson({ faults }: FaultRegistry): string {
  return JSON.stringify({ faults: faults.active() });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) {
      throw new ApiError(
        413,
        "body_too_large",
        `the body must be smaller than ${maxBodyBytes} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function readObject(body: string): object {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    throw new ApiError(400, "invalid_body", `the body is not JSON: ${(error as Error).message}`);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new ApiError(400, "invalid_body", "the body must be a JSON object");
  }
  return json;
}

function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  logger: Logger,
): void {
  const { status, code, message, details } = asApiError(error, logger);
  const { allowed } = details as { allowed?: readonly string[] };
  if (allowed !== undefined) {
    response.setHeader("allow", allowed.join(", "));
  }
  send(request, response, status, JSON.stringify({ error: { code, message, ...details } }));
}

function asApiError(error: unknown, logger: Logger): ApiError {
  if (error instanceof ApiError) {
    return error;
  }
  if (isOptionError(error)) {
    return new ApiError(400, "invalid_body", error.message, { field: error.option });
  }
  logger.error(`the REST API failed: ${errorText(error)}`);
  return new ApiError(500, "internal_error", errorText(error));
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: string,
): void {
  if (!request.complete) {
    // The rest of a body that is refused is not read.
    response.setHeader("connection", "close");
  }
  response
    .writeHead(status, {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    })
    .end(`${body}\n`);
}
