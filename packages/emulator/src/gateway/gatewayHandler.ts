import type { IncomingMessage, ServerResponse } from "node:http";
import { errorText, isCrossOrigin, isLocalHostHeader, type Logger } from "@loggregator/core";
import type { GatewayFaultSwitch } from "../faults/gatewayFaults.js";
import type { GatewayAccess } from "./gatewayAccess.js";
import { type AllowOrigin, answerPreflight, isPreflight } from "./gatewayCors.js";
import { type GatewayRefusal, headersOf, protocolError, textRefusal } from "./gatewayRefusal.js";
import { readRequest } from "./gatewayRequest.js";
import type { GatewayStreams } from "./gatewayStream.js";
import type { HttpHandler } from "./httpListener.js";

export interface GatewayHandlerOptions {
  readonly access: GatewayAccess;
  readonly allowOrigin: AllowOrigin;
  /** Further host names by which the gateway may be addressed. */
  readonly allowedHosts: readonly string[];
  readonly faults: GatewayFaultSwitch;
  readonly streams: GatewayStreams;
  readonly logger: Logger;
}

/** Answers requests as the gateway does, HTTP/1.1 and HTTP/2 alike. */
export function createGatewayHandler(options: GatewayHandlerOptions): HttpHandler {
  return (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      options.logger.error(`the gateway aborts a response: ${errorText(error)}`);
      response.destroy();
    });
  };
}

async function answer(
  options: GatewayHandlerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { access, allowOrigin, faults, streams } = options;
  const closed = new AbortController();
  const { signal } = closed;
  response.once("close", () => closed.abort());
  // A failed write to a client that has disconnected, which `close` reports.
  response.on("error", () => {});

  await faults.beforeReading(signal);
  if (signal.aborted) {
    return;
  }
  const isAllowed = allowOrigin(request, response);
  const foreign = refusalOfPage(options, request, isAllowed);
  if (foreign === undefined && isAllowed && isPreflight(request)) {
    answerPreflight(response);
    return;
  }
  const wanted = foreign ?? faults.refusal ?? (await readRequest(request, access));
  if (signal.aborted) {
    return;
  }
  const refusal = "status" in wanted ? wanted : streams.refusal;
  if (refusal !== undefined) {
    refuse(response, refusal);
  } else if ("selectors" in wanted) {
    await streams.write(wanted, response, signal);
  }
}

/**
 * Refuses web pages of other origins and of DNS-rebound sites, unless they are allowed.
 *
 * @param option The option that allows hosts and origins, for the text of the refusal.
 */
export function refusalOfPage(
  { allowedHosts }: Pick<GatewayHandlerOptions, "allowedHosts">,
  { headers, headersDistinct, httpVersion }: IncomingMessage,
  isAllowed: boolean,
  option: "gateway" | "logCache" | "otlp" = "gateway",
): GatewayRefusal | undefined {
  const authority = headers[":authority"] as string | undefined;
  const host = authority ?? headers.host;
  if (host === undefined && httpVersion === "1.1") {
    return protocolError(400, "missing required Host header");
  }
  // HTTP/2 has no distinct headers.
  if (authority === undefined && (headersDistinct["host"]?.length ?? 0) > 1) {
    return protocolError(400);
  }
  if (!isLocalHostHeader(host, allowedHosts)) {
    return textRefusal(
      403,
      `the Host header must be an IP address, a name of this machine, or one of ${option}.allowedHosts`,
    );
  }
  const fetchSite = headers["sec-fetch-site"] as string | undefined;
  if (!isAllowed && fetchSite !== undefined && isCrossOrigin({ host, fetchSite })) {
    return textRefusal(
      403,
      `requests from pages of other origins are refused; set ${option}.cors to allow them`,
    );
  }
  return undefined;
}

function refuse(response: ServerResponse, refusal: GatewayRefusal): void {
  const { status, statusText, body, endsConnection = false } = refusal;
  response.sendDate = false;
  if (endsConnection) {
    // The body ends with the connection.
    response.removeHeader("transfer-encoding");
  } else if (response.shouldKeepAlive) {
    // Unlike Node.js, Go does not announce that it keeps the connection.
    response.removeHeader("connection");
  }
  if (statusText !== undefined && response.req.httpVersionMajor === 1) {
    response.statusMessage = statusText;
  }
  response.writeHead(status, headersOf(refusal));
  response.end(body);
}
