import type { Socket } from "node:net";
import type { GatewayRefusal } from "./gatewayRefusal.js";
import type { GatewayRequest } from "./gatewayRequest.js";

/** Resolves to the answer to a request that Node.js does not pass on. */
export type RawAnswer = (request: GatewayRequest) => Promise<GatewayRefusal>;

interface ParseError extends NodeJS.ErrnoException {
  /** The bytes that could not be parsed, from the beginning of the packet on. */
  readonly rawPacket?: Buffer | undefined;
}

const reasons: Readonly<Record<number, string>> = {
  301: "Moved Permanently",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
};

/** Answers an HTTP/1.1 request that Node.js cannot parse as Go's servers do, and ends the connection. */
export function answerUnreadable(error: ParseError, socket: Socket, answer: RawAnswer): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const request =
    error.code === "HPE_INVALID_METHOD"
      ? parseRequest(error.rawPacket?.toString("latin1"))
      : undefined;
  if (request !== undefined) {
    answer(request).then(
      (refusal) => socket.end(formatRefusal(refusal)),
      () => socket.destroy(),
    );
    return;
  }
  const status =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : "400 Bad Request";
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`,
  );
}

/** The request line and headers of a request whose method is any token. */
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

function formatRefusal({ status, body, location }: GatewayRefusal): string {
  const headers =
    location === undefined
      ? ["Content-Type: text/plain; charset=utf-8", "X-Content-Type-Options: nosniff"]
      : [`Location: ${location}`];
  return [
    `HTTP/1.1 ${status} ${reasons[status] ?? ""}`,
    ...headers,
    `Date: ${new Date().toUTCString()}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}
