import { STATUS_CODES } from "node:http";

/** A response that is not a stream. */
export interface GatewayRefusal {
  readonly status: number;
  /** Empty: the response has no content type. */
  readonly body: string;
  readonly location?: string | undefined;
  /** What follows the status in HTTP/1.1, if it is not the usual text. */
  readonly statusText?: string | undefined;
  /** Whether it answers what is not well-formed HTTP: without a date, and the connection ends. */
  readonly endsConnection?: boolean | undefined;
}

/** The headers of a refusal, in the order in which Go writes them. */
export function headersOf({
  body,
  location,
  endsConnection = false,
}: GatewayRefusal): Record<string, string> {
  const contentType = "text/plain; charset=utf-8";
  if (endsConnection) {
    return { "Content-Type": contentType, Connection: "close" };
  }
  return {
    ...(location !== undefined && { Location: location }),
    // As Go's `http.Error`: plain text, whatever the body is.
    ...(body !== "" && { "Content-Type": contentType, "X-Content-Type-Options": "nosniff" }),
    Date: new Date().toUTCString(),
    "Content-Length": String(Buffer.byteLength(body)),
  };
}

/** The 404 of Go's router for paths that it does not know: plain text. */
export const pathNotFound: GatewayRefusal = { status: 404, body: "404 page not found\n" };

// Statuses, names and messages are those of the gateway's source.
export const notFound = jsonRefusal(404, "not_found", "resource not found");
export const methodNotAllowed = jsonRefusal(405, "method_not_allowed", "method not allowed");
export const emptyQuery = jsonRefusal(400, "empty_query", "query cannot be empty");
export const missingEnvelopeType = jsonRefusal(
  400,
  "missing_envelope_type",
  "query must provide at least one envelope type",
);
export const streamingUnavailable = jsonRefusal(
  503,
  "streaming_unavailable",
  "streaming is temporarily unavailable",
);

/** The answer to `OPTIONS *`. */
export const serverOptions: GatewayRefusal = { status: 200, body: "" };

/** A redirection to the clean form of a path. */
export function movedTo(location: string): GatewayRefusal {
  return { status: 301, body: "", location };
}

/**
 * The answer of Go's servers to a request that is not well-formed HTTP.
 *
 * @param detail What is wrong, where Go says so.
 */
export function protocolError(status: number, detail?: string): GatewayRefusal {
  const usual = STATUS_CODES[status] ?? "";
  const statusText = detail === undefined ? usual : `${usual}: ${detail}`;
  return { status, statusText, body: `${status} ${statusText}`, endsConnection: true };
}

/** A refusal with a JSON body, which ends with two newlines: the encoder's and `http.Error`'s. */
export function jsonRefusal(status: number, error: string, message: string): GatewayRefusal {
  return { status, body: `${JSON.stringify({ message, error })}\n\n` };
}

/** A refusal of the emulator's own, as plain text. */
export function textRefusal(status: number, text: string): GatewayRefusal {
  return { status, body: `${text}\n` };
}
