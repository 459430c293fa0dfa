import type { IncomingMessage, ServerResponse } from "node:http";
import { errorText, type Logger } from "@loggregator/core";
import type { FaultSwitch } from "../../faults/faults.js";
import { type AdmissionOptions, admitRequest } from "../../gateway/access/admitRequest.js";
import { answerPreflight } from "../../gateway/access/gatewayCors.js";
import type { HttpHandler } from "../../gateway/httpListener.js";
import type { LogCacheFaultState } from "../logCacheFaults.js";
import type { ApiRequest, ApiResponse } from "./apiMessage.js";

export interface LogCacheHandlerOptions extends AdmissionOptions {
  readonly answer: (request: ApiRequest) => Promise<ApiResponse>;
  readonly faults: FaultSwitch;
  readonly state: LogCacheFaultState;
  readonly logger: Logger;
}

/** The limit of Go for forms. */
const maxFormBytes = 10 * 1024 * 1024;

/** Serves the gateway or the auth proxy over HTTP/1.1 and HTTP/2. */
export function createLogCacheHandler(options: LogCacheHandlerOptions): HttpHandler {
  return (request, response) => {
    serve(options, request, response).catch((error: unknown) => {
      options.logger.error(`log-cache aborts a response: ${errorText(error)}`);
      response.destroy();
    });
  };
}

async function serve(
  options: LogCacheHandlerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { faults, state } = options;
  const admitted = await admitRequest(options, request, response, {
    faults,
    option: "logCache",
    onPreflight: () => answerPreflight(response),
  });
  if (admitted === undefined) {
    return;
  }
  const { signal, foreign } = admitted;
  const answer =
    foreign === undefined
      ? await options.answer(apiRequest(request))
      : { status: foreign.status, headers: {}, body: foreign.body };
  if (signal.aborted) {
    return;
  }
  if (state.skewMs !== 0) {
    response.setHeader("date", new Date(Date.now() + state.skewMs).toUTCString());
  }
  if (response.hasHeader("access-control-allow-origin")) {
    // Clients need the server's clock.
    response.setHeader("access-control-expose-headers", "date");
  }
  response.writeHead(answer.status, {
    ...answer.headers,
    "content-length": Buffer.byteLength(answer.body),
  });
  response.end(request.method === "HEAD" ? "" : answer.body);
}

function apiRequest(request: IncomingMessage): ApiRequest {
  const { method = "GET", url = "/", headers } = request;
  const mark = url.indexOf("?");
  return {
    method,
    path: (mark < 0 ? url : url.slice(0, mark)).replace(/^https?:\/\/[^/]*/i, ""),
    query: mark < 0 ? "" : url.slice(mark + 1),
    authorization: headers.authorization,
    contentType: headers["content-type"],
    body: () => readBody(request),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxFormBytes) {
      break;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("latin1");
}
