import type { IncomingMessage, ServerResponse } from "node:http";
import type { EgressBatchRequest } from "@loggregator/api";
import type { Logger } from "@loggregator/core";
import type { GatewayFaultSwitch } from "../faults/gatewayFaults.js";
import type { GatewayAccess } from "./gatewayAccess.js";
import { type AllowOrigin, answerPreflight, isPreflight } from "./gatewayCors.js";
import { readQuery } from "./gatewayQuery.js";
import {
  type GatewayRefusal,
  methodNotAllowed,
  notFound,
  streamingUnavailable,
} from "./gatewayRefusal.js";
import type { GatewayStreams } from "./gatewayStream.js";
import type { HttpHandler } from "./httpListener.js";

export interface GatewayHandlerOptions {
  readonly mayRead: GatewayAccess;
  readonly allowOrigin: AllowOrigin;
  readonly faults: GatewayFaultSwitch;
  readonly streams: GatewayStreams;
  readonly logger: Logger;
}

/** Answers requests as the gateway does, HTTP/1.1 and HTTP/2 alike. */
export function createGatewayHandler(options: GatewayHandlerOptions): HttpHandler {
  return (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      options.logger.error(`the gateway breaks off a response: ${String(error)}`);
      response.destroy();
    });
  };
}

async function answer(
  { mayRead, allowOrigin, faults, streams }: GatewayHandlerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const closed = new AbortController();
  const { signal } = closed;
  response.once("close", () => closed.abort());
  // Writing to a client that is gone; `close` tells of it.
  response.on("error", () => {});

  await faults.beforeReading(signal);
  if (signal.aborted) {
    return;
  }
  if (allowOrigin(request, response) && isPreflight(request)) {
    answerPreflight(response);
    return;
  }
  const wanted = faults.refusal ?? readRequest(request, mayRead);
  if ("error" in wanted) {
    refuse(response, wanted);
  } else if (streams.full) {
    refuse(response, streamingUnavailable);
  } else {
    await streams.write(wanted, response, signal);
  }
}

/** In the gateway's order: to a stranger there is nothing, whatever is wrong with the request. */
function readRequest(
  { method, headers, url = "" }: IncomingMessage,
  mayRead: GatewayAccess,
): EgressBatchRequest | GatewayRefusal {
  const [, path, query] = /^([^?]*)\??(.*)$/.exec(url) ?? [];
  const parameters = new URLSearchParams(query);
  if (path !== "/v2/read" || !mayRead(headers.authorization, parameters.getAll("source_id"))) {
    return notFound;
  }
  return method === "GET" ? readQuery(parameters) : methodNotAllowed;
}

/** As Go's `http.Error` does it: JSON that is labelled plain text. */
function refuse(response: ServerResponse, { status, error, message }: GatewayRefusal): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
  });
  response.end(`${JSON.stringify({ message, error })}\n`);
}
