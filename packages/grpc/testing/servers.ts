import { once } from "node:events";
import { createSecureServer, type ServerHttp2Session } from "node:http2";
import type { ListenOptions, Server, Socket } from "node:net";
import type { TlsOptions } from "node:tls";

/** A server of a test, and how to reach it. */
export interface TestServer extends AsyncDisposable {
  readonly address: string;
}

export interface Http2Server extends TestServer {
  readonly sessions: ReadonlySet<ServerHttp2Session>;
}

/** Has a server listen on a free port of 127.0.0.1; closes it with all its connections. */
export async function listen(
  server: Server,
  options: ListenOptions = { port: 0, host: "127.0.0.1" },
): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(options);
  await once(server, "listening");
  const bound = server.address();
  return {
    address: addressOf(bound),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
  };
}

/** An HTTP/2 server with mutual TLS that answers each call with the gRPC status UNKNOWN: EOF. */
export async function listenHttp2(tls: TlsOptions, options?: ListenOptions): Promise<Http2Server> {
  const server = createSecureServer({ requestCert: true, rejectUnauthorized: true, ...tls });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {});
    session.on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    const trailers = { "grpc-status": "2", "grpc-message": "EOF" };
    const headers = { ":status": 200, "content-type": "application/grpc", ...trailers };
    stream.resume().on("end", () => stream.respond(headers, { endStream: true }));
  });
  server.on("tlsClientError", () => {});
  return { ...(await listen(server, options)), sessions };
}

function addressOf(bound: ReturnType<Server["address"]>): string {
  if (bound === null || typeof bound === "string") {
    return `unix:${bound}`;
  }
  return bound.family === "IPv6" ? `[${bound.address}]:${bound.port}` : `127.0.0.1:${bound.port}`;
}
