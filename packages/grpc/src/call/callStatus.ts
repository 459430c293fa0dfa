import { constants, type IncomingHttpHeaders } from "node:http2";
import { Status } from "nice-grpc";

/** The outcome of a call. */
export interface CallStatus {
  readonly code: Status;
  readonly details: string;
  /** The underlying error of the operating system, TLS or HTTP/2, if there is one. */
  readonly cause?: unknown;
}

/** The maximum number of characters of a server's text in messages. */
const maxDetails = 1_000;

/**
 * Returns the status that the server sent in headers or trailers, or undefined if it sent none. A
 * status that gRPC does not define becomes UNKNOWN.
 */
export function statusFromServer(headers: IncomingHttpHeaders): CallStatus | undefined {
  const value = headers["grpc-status"];
  if (value === undefined) {
    return undefined;
  }
  const text = String(value);
  const message = decodeMessage(String(headers["grpc-message"] ?? ""));
  const code = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (code in Status) {
    return { code, details: message };
  }
  const details = `the server sent the unknown grpc-status ${JSON.stringify(text.slice(0, 20))}`;
  return { code: Status.UNKNOWN, details: message === "" ? details : `${details}: ${message}` };
}

/**
 * Returns the status of a response that is not gRPC, such as a proxy's error page, or undefined if
 * the response is gRPC.
 *
 * gRPC maps 401, 403 and 404 to statuses that clients do not retry (UNAUTHENTICATED,
 * PERMISSION_DENIED, UNIMPLEMENTED). Here they become UNKNOWN: an intermediary sends them while the
 * server behind it is unavailable, and only a status of the server itself is final.
 */
export function statusFromHttp(headers: IncomingHttpHeaders): CallStatus | undefined {
  const http = headers[":status"] as number | undefined;
  const isGrpc = /^application\/grpc(?:[+;]|$)/.test(String(headers["content-type"] ?? ""));
  if (http === 200 && isGrpc) {
    return undefined;
  }
  const details = `the response is not gRPC (HTTP status ${http}): is a proxy in between?`;
  return { code: httpCodes.get(http ?? 0) ?? Status.UNKNOWN, details };
}

const httpCodes: ReadonlyMap<number, Status> = new Map([
  [400, Status.INTERNAL],
  [429, Status.UNAVAILABLE],
  [502, Status.UNAVAILABLE],
  [503, Status.UNAVAILABLE],
  [504, Status.UNAVAILABLE],
]);

/**
 * Returns the status of a stream that the server reset. It follows gRPC's mapping, except for codes
 * whose status would have another meaning: RESOURCE_EXHAUSTED is a message that is too large, and
 * PERMISSION_DENIED is final.
 */
export function statusFromReset(code: number): CallStatus {
  const name = resetNames.get(code) ?? `code ${code}`;
  const details = `the server reset the stream (${name})`;
  return { code: resetCodes.get(code) ?? Status.INTERNAL, details };
}

const resetCodes: ReadonlyMap<number, Status> = new Map([
  [constants.NGHTTP2_REFUSED_STREAM, Status.UNAVAILABLE],
  [constants.NGHTTP2_CANCEL, Status.CANCELLED],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, Status.UNAVAILABLE],
]);

const resetNames: ReadonlyMap<number, string> = new Map(
  (
    [
      "NO_ERROR",
      "PROTOCOL_ERROR",
      "INTERNAL_ERROR",
      "FLOW_CONTROL_ERROR",
      "SETTINGS_TIMEOUT",
      "STREAM_CLOSED",
      "FRAME_SIZE_ERROR",
      "REFUSED_STREAM",
      "CANCEL",
      "COMPRESSION_ERROR",
      "CONNECT_ERROR",
      "ENHANCE_YOUR_CALM",
      "INADEQUATE_SECURITY",
      "HTTP_1_1_REQUIRED",
    ] as const
  ).map((name) => [constants[`NGHTTP2_${name}`], name]),
);

/** Returns the name of an HTTP/2 error code. */
export function errorCodeName(code: number): string {
  return resetNames.get(code) ?? `code ${code}`;
}

/** Decodes `grpc-message`: percent-encoded UTF-8. Malformed parts are left unchanged. */
function decodeMessage(text: string): string {
  const decoded = text
    .slice(0, maxDetails * 9)
    .replace(/(?:%[0-9a-fA-F]{2})+/g, (run) =>
      Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"),
    )
    // A terminal would act on control characters.
    .replace(/[\p{Cc}]/gu, (character) => (/[\n\t]/.test(character) ? character : "\ufffd"));
  return decoded.length > maxDetails ? `${decoded.slice(0, maxDetails)}…` : decoded;
}
