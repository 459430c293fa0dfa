import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { type GatewayRefusal, headersOf, protocolError } from "./gatewayRefusal.js";
import type { GatewayRequest } from "./gatewayRequest.js";

/** Resolves to the answer to a request that Node.js does not pass on. */
export type RawAnswer = (request: GatewayRequest) => Promise<GatewayRefusal>;

interface ParseError extends NodeJS.ErrnoException {
  /** The bytes that could not be parsed, from the beginning of the packet on. */
  readonly rawPacket?: Buffer | undefined;
}

/** Answers an HTTP/1.1 request that Node.js cannot parse as Go's servers do, and ends the connection. */
export function answerUnreadable(error: ParseError, socket: Duplex, answer: RawAnswer): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  if (error.code === "HPE_CLOSED_CONNECTION") {
    // Bytes after a request with `Connection: close` are ignored.
    return;
  }
  const request =
    error.code === "HPE_INVALID_METHOD"
      ? parseRequest(error.rawPacket?.toString("latin1"))
      : undefined;
  if (request !== undefined) {
    answerRequest(request, socket, answer);
    return;
  }
  const isTooLarge = error.code === "HPE_HEADER_OVERFLOW";
  socket.end(formatRefusal(protocolError(isTooLarge ? 431 : 400)));
}

/** Answers a request that has no response object, and ends the connection. */
export function answerRequest(request: GatewayRequest, socket: Duplex, answer: RawAnswer): void {
  socket.on("error", () => {});
  answer(request).then(
    (refusal) => socket.end(formatRefusal(refusal)),
    () => socket.destroy(),
  );
}

/** Parses the request line and headers of a request with any method. */
function parseRequest(text = ""): GatewayRequest | undefined {
  const [head = ""] = text.split("\r\n\r\n", 1);
  const [line = "", ...fields] = head.split("\r\n");
  const [, method, url] = /^([!#$%&'*+.^`|~\w-]+) (\S+) HTTP\/1\.[01]$/.exec(line) ?? [];
  if (method === undefined) {
    return undefined;
  }
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const colon = field.indexOf(":");
    const name = field.slice(0, colon).toLowerCase();
    if (name === "authorization" || name === "host") {
      headers[name] = field.slice(colon + 1).trim();
    }
  }
  return { method, url, headers };
}

function formatRefusal(refusal: GatewayRefusal): string {
  const { status, statusText = STATUS_CODES[status] ?? "", body } = refusal;
  const headers = Object.entries(headersOf(refusal)).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${statusText}`, ...headers, "", body].join("\r\n");
}
