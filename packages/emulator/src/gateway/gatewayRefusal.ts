import { STATUS_CODES } from "node:http";

/** A response that is not a stream. */
export interface GatewayRefusal {
  readonly status: number;
  /** Empty: the response has no content type. */
  readonly body: string;
  readonly location?: string | undefined;
  /** The reason phrase in HTTP/1.1, if it is not the default. */
  readonly statusText?: string | undefined;
  /** Whether it answers malformed HTTP: without a date, and closing the connection. */
  readonly endsConnection?: boolean | undefined;
}

/** Returns the headers of a refusal, in Go's order. */
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
    // As in Go's `http.Error`: plain text for any body.
    ...(body !== "" && { "Content-Type": contentType, "X-Content-Type-Options": "nosniff" }),
    Date: new Date().toUTCString(),
    "Content-Length": String(Buffer.byteLength(body)),
  };
}

/** The 404 of Go's router for unknown paths: plain text. */
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

/** Returns a redirect to the clean form of a path. */
export function movedTo(location: string): GatewayRefusal {
  return { status: 301, body: "", location };
}

/**
 * Returns the answer of Go's servers to malformed HTTP.
 *
 * @param detail The detail in Go's answer, if any.
 */
export function protocolError(status: number, detail?: string): GatewayRefusal {
  const usual = STATUS_CODES[status] ?? "";
  const statusText = detail === undefined ? usual : `${usual}: ${detail}`;
  return { status, statusText, body: `${status} ${statusText}`, endsConnection: true };
}

/**
 * Returns a refusal with a JSON body, which ends with two newlines: the encoder's and
 * `http.Error`'s.
 */
export function jsonRefusal(status: number, error: string, message: string): GatewayRefusal {
  return { status, body: `${JSON.stringify({ message, error })}\n\n` };
}

/** Returns a refusal of the emulator itself, as plain text. */
export function textRefusal(status: number, text: string): GatewayRefusal {
  return { status, body: `${text}\n` };
}
