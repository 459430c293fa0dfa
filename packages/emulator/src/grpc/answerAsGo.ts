import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Server } from "node:net";
import { Status } from "nice-grpc";

type StreamListener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** The answer to a call that does not reach the service. */
interface Refusal {
  readonly httpStatus: number;
  readonly status: Status;
  readonly message: string;
}

/** The methods of a server's services, by the service's full name. */
export type Methods = Readonly<Record<string, readonly string[]>>;

/**
 * Makes grpc-js's server answer like a gRPC server in Go: invalid calls, unknown methods and
 * compressed requests are refused in the same way, and statuses have the same texts, content type
 * and encoding.
 *
 * @param acceptsGzip Whether requests may be compressed by gzip.
 */
export function answerAsGo(server: Server, methods: Methods, acceptsGzip: boolean): void {
  const listeners = server.listeners("stream") as StreamListener[];
  server.removeAllListeners("stream");
  server.on("stream", ((stream, headers) => {
    const refusal = refusalOf(headers, methods, acceptsGzip);
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

function refusalOf(
  headers: IncomingHttpHeaders,
  methods: Methods,
  acceptsGzip: boolean,
): Refusal | undefined {
  const {
    ":method": method = "",
    ":path": path = "",
    "content-type": contentType = "",
    "grpc-encoding": encoding,
    "grpc-timeout": timeout,
  } = headers;
  if (!/^application\/grpc(?:$|[+;])/.test(contentType)) {
    const message = `invalid gRPC request content-type ${quoted(contentType)}`;
    return { httpStatus: 415, status: Status.INVALID_ARGUMENT, message };
  }
  if (method !== "POST") {
    const message = `Received a HEADERS frame with :method ${quoted(method)} which should be POST`;
    return { httpStatus: 405, status: Status.INTERNAL, message };
  }
  if (typeof timeout === "string") {
    const fault = timeoutFault(timeout);
    if (fault !== undefined) {
      const message = `malformed grpc-timeout: ${fault}`;
      return { httpStatus: 400, status: Status.INTERNAL, message };
    }
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
  const isInstalled = encoding === "identity" || (acceptsGzip && encoding === "gzip");
  if (typeof encoding === "string" && !isInstalled) {
    return unimplemented(
      `grpc: Decompressor is not installed for grpc-encoding ${quoted(encoding)}`,
    );
  }
  return undefined;
}

/** Returns Go's error for an invalid timeout: valid ones have up to 8 digits and a unit. */
function timeoutFault(timeout: string): string | undefined {
  if (timeout.length < 2) {
    return `transport: timeout string is too short: ${quoted(timeout)}`;
  }
  if (timeout.length > 9) {
    return `transport: timeout string is too long: ${quoted(timeout)}`;
  }
  if (!/[HMSmun]$/.test(timeout)) {
    return `transport: timeout unit is not recognized: ${quoted(timeout)}`;
  }
  const number = timeout.slice(0, -1);
  return /^[+-]?\d+$/.test(number)
    ? undefined
    : `strconv.ParseInt: parsing ${quoted(number)}: invalid syntax`;
}

function refuse(stream: ServerHttp2Stream, { httpStatus, status, message }: Refusal): void {
  // Resets by the client are ignored.
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
  // Go answers with the subtype of the request, with any separator.
  const answerType = contentType.replace(";", "+");
  stream.respond = (headers, options) => {
    const {
      ":status": status,
      "content-type": _,
      "grpc-accept-encoding": __,
      "grpc-encoding": ___,
      ...kept
    } = headers ?? {};
    respond({ ":status": status, "content-type": answerType, ...withGoMessage(kept) }, options);
    if (options?.endStream === true) {
      // The client may still be sending its request.
      stream.close(constants.NGHTTP2_NO_ERROR);
    }
  };
  stream.sendTrailers = (trailers) => sendTrailers(withGoMessage(trailers));
}

function withGoMessage<Headers extends object>(headers: Headers): Headers {
  const encoded = (headers as { "grpc-message"?: unknown })["grpc-message"];
  if (typeof encoded !== "string") {
    return headers;
  }
  const { "grpc-status": status } = headers as { "grpc-status"?: unknown };
  // grpc-js sends the message "OK".
  if (Number(status) === Status.OK) {
    return { ...headers, "grpc-message": "" };
  }
  const message = decodeURIComponent(encoded)
    .replace(
      /^Received message larger than max \((\d+) vs (\d+)\)$/,
      "grpc: received message larger than max ($1 vs. $2)",
    )
    .replace(/^Deadline exceeded$/, "context deadline exceeded");
  return { ...headers, "grpc-message": encodeMessage(message) };
}

/** Encodes a status message as Go does: only `%` and characters that are not printable ASCII. */
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

/** Formats text like Go's `%q`, for the ASCII of headers. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
