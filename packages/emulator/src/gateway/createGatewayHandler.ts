import type { IncomingMessage, ServerResponse } from "node:http";
import { errorText, type Logger } from "@loggregator/core";
import type { GatewayFaultSwitch } from "../faults/gatewayFaults.js";
import { type AdmissionOptions, admitRequest } from "./access/admitRequest.js";
import type { GatewayAccess } from "./access/gatewayAccess.js";
import { answerPreflight } from "./access/gatewayCors.js";
import { type GatewayRefusal, headersOf } from "./gatewayRefusal.js";
import { readRequest } from "./gatewayRequest.js";
import type { GatewayStreams } from "./gatewayStreams.js";
import type { HttpHandler } from "./httpListener.js";

export interface GatewayHandlerOptions extends AdmissionOptions {
  readonly access: GatewayAccess;
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
  const { access, faults, streams } = options;
  const admitted = await admitRequest(options, request, response, {
    faults,
    option: "gateway",
    onPreflight: () => answerPreflight(response),
  });
  if (admitted === undefined) {
    return;
  }
  const { signal, foreign } = admitted;
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
