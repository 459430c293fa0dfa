import type { IncomingMessage, ServerResponse } from "node:http";
import { isCrossOrigin, isLocalHostHeader } from "@loggregator/core";
import type { FaultSwitch } from "../../faults/faults.js";
import { type GatewayRefusal, protocolError, textRefusal } from "../gatewayRefusal.js";
import { type AllowOrigin, isPreflight } from "./gatewayCors.js";

/** The web pages and host names that an HTTP server of the emulator accepts. */
export interface AdmissionOptions {
  readonly allowOrigin: AllowOrigin;
  /** Further host names by which the server may be addressed. */
  readonly allowedHosts: readonly string[];
}

interface Admission {
  /** Applied before the request is read. */
  readonly faults: Pick<FaultSwitch, "beforeReading"> | undefined;
  /** The option that allows hosts and origins, for the text of the refusal. */
  readonly option: "gateway" | "logCache" | "otlp";
  /** Called to answer a preflight request of a page that is allowed. */
  readonly onPreflight: () => void;
}

/** A request to be answered. */
interface AdmittedRequest {
  /** Aborts when the client has disconnected. */
  readonly signal: AbortSignal;
  /** The refusal of a web page that may not use the server. */
  readonly foreign: GatewayRefusal | undefined;
}

/**
 * Begins to serve a request. Resolves to undefined if it needs no further answer: it was a preflight
 * request, or the client has disconnected.
 */
export async function admitRequest(
  options: AdmissionOptions,
  request: IncomingMessage,
  response: ServerResponse,
  { faults, option, onPreflight }: Admission,
): Promise<AdmittedRequest | undefined> {
  const closed = new AbortController();
  const { signal } = closed;
  response.once("close", () => closed.abort());
  // A failed write to a client that has disconnected, which `close` reports.
  response.on("error", () => {});
  await faults?.beforeReading(signal);
  if (signal.aborted) {
    return undefined;
  }
  const isAllowed = options.allowOrigin(request, response);
  const foreign = refusalOfPage(options, request, isAllowed, option);
  if (foreign === undefined && isAllowed && isPreflight(request)) {
    onPreflight();
    return undefined;
  }
  return { signal, foreign };
}

/**
 * Refuses web pages of other origins and of DNS-rebound sites, unless they are allowed.
 */
function refusalOfPage(
  { allowedHosts }: Pick<AdmissionOptions, "allowedHosts">,
  { headers, headersDistinct, httpVersion }: IncomingMessage,
  isAllowed: boolean,
  option: Admission["option"],
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
