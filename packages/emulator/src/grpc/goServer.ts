import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Server } from "node:net";
import { Status } from "nice-grpc";

type StreamListener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** A call that is answered before it reaches the service. */
interface Refusal {
  readonly httpStatus: number;
  readonly status: Status;
  readonly message: string;
}

/** The methods of a server's services, by the service's full name. */
export type Methods = Readonly<Record<string, readonly string[]>>;

/**
 * Makes grpc-js's server answer as a gRPC server in Go does: requests that are no calls, unknown
 * methods and compressed requests are refused as there, and statuses have the same texts, content
 * type and encoding.
 */
export function answerAsGo(server: Server, methods: Methods): void {
  const listeners = server.listeners("stream") as StreamListener[];
  server.removeAllListeners("stream");
  server.on("stream", ((stream, headers) => {
    const refusal = refusalOf(headers, methods);
    if (refusal !== undefined) {
      refuse(stream, refusal);
      return;
    }
    rewriteResponses(stream, headers);
    for (const listener of listeners) {
      listener.call(server, stream, headers);
    }
  }) satisfies StreamListener);
  // After a handshake without ALPN the connection is closed; Node.js would answer in HTTP/1.0.
  server.on("unknownProtocol", (socket: { destroy(): void }) => socket.destroy());
}

function refusalOf(headers: IncomingHttpHeaders, methods: Methods): Refusal | undefined {
  const {
    ":method": method = "",
    ":path": path = "",
    "content-type": contentType = "",
    "grpc-encoding": encoding,
  } = headers;
  if (method !== "POST") {
    const message = `Received a HEADERS frame with :method ${quoted(method)} which should be POST`;
    return { httpStatus: 405, status: Status.INTERNAL, message };
  }
  if (!/^application\/grpc(?:$|[+;])/.test(contentType)) {
    const message = `invalid gRPC request content-type ${quoted(contentType)}`;
    return { httpStatus: 415, status: Status.INVALID_ARGUMENT, message };
  }
  const unimplemented = (message: string): Refusal => ({
    httpStatus: 200,
    status: Status.UNIMPLEMENTED,
    message,
  });
  const slash = path.lastIndexOf("/");
  if (slash <= 0) {
    return unimplemented(`malformed method name: ${quoted(path)}`);
  }
  const service = path.slice(1, slash);
  const name = path.slice(slash + 1);
  const known = Object.hasOwn(methods, service) ? methods[service] : undefined;
  if (known === undefined) {
    return unimplemented(`unknown service ${service}`);
  }
  if (!known.includes(name)) {
    return unimplemented(`unknown method ${name} for service ${service}`);
  }
  if (typeof encoding === "string" && encoding !== "identity") {
    return unimplemented(
      `grpc: Decompressor is not installed for grpc-encoding ${quoted(encoding)}`,
    );
  }
  return undefined;
}

function refuse(stream: ServerHttp2Stream, { httpStatus, status, message }: Refusal): void {
  // A client that resets the call does not matter.
  stream.on("error", () => {});
  stream.respond(
    {
      ":status": httpStatus,
      "content-type": "application/grpc",
      "grpc-status": String(status),
      "grpc-message": encodeMessage(message),
    },
    { endStream: true },
  );
  stream.close(constants.NGHTTP2_NO_ERROR);
}

/** Rewrites what grpc-js sends. */
function rewriteResponses(
  stream: ServerHttp2Stream,
  { "content-type": contentType = "application/grpc" }: IncomingHttpHeaders,
): void {
  const respond = stream.respond.bind(stream);
  const sendTrailers = stream.sendTrailers.bind(stream);
  stream.respond = (headers, options) => {
    const { "grpc-accept-encoding": _, "grpc-encoding": __, ...kept } = headers ?? {};
    respond({ ...withGoMessage(kept), "content-type": contentType }, options);
  };
  stream.sendTrailers = (trailers) => sendTrailers(withGoMessage(trailers));
}

function withGoMessage<Headers extends object>(headers: Headers): Headers {
  const encoded = (headers as { "grpc-message"?: unknown })["grpc-message"];
  if (typeof encoded !== "string") {
    return headers;
  }
  const { "grpc-status": status } = headers as { "grpc-status"?: unknown };
  // grpc-js says "OK".
  if (Number(status) === Status.OK) {
    return { ...headers, "grpc-message": "" };
  }
  const message = decodeURIComponent(encoded).replace(
    /^Received message larger than max \((\d+) vs (\d+)\)$/,
    "grpc: received message larger than max ($1 vs. $2)",
  );
  return { ...headers, "grpc-message": encodeMessage(message) };
}

/** Encodes a status message as Go does: only `%` and what is not printable ASCII. */
function encodeMessage(message: string): string {
  let encoded = "";
  for (const byte of Buffer.from(message)) {
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/** Text as Go's `%q` prints it, for the ASCII that headers consist of. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
