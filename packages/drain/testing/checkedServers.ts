import type { RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Server, Socket } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import type { TestServer } from "@loggregator/testing";
import { type CheckDrainOptions, checkDrain, type DrainReport } from "../src/check/index.js";
import { chain, good, root } from "./identities.js";

/** Ignores errors of connections, which checks cause. */
export const withSockets = (server: Server): Server => {
  server.on("tlsClientError", () => {});
  server.on("connection", (socket: Socket) => socket.on("error", () => {}));
  return server;
};

/** `accept` is called with each connection. By default connections are read. */
export const tlsServer = (
  options: TlsOptions,
  accept: (socket: Socket) => void = (s) => s.resume(),
) =>
  withSockets(
    createTlsServer(options, (socket) => {
      socket.on("error", () => {});
      accept(socket);
    }),
  );

export const tcpServer = (accept: (socket: Socket) => void) => withSockets(createTcpServer(accept));

export const httpsServer = (handler: RequestListener) =>
  withSockets(createHttpsServer(chain(good), handler));

/** Answers each request with this status. */
export const answer =
  (status: number, headers = {}): RequestListener =>
  (request, response) => {
    request.resume();
    response.writeHead(status, headers).end();
  };

/** Checks a server on loopback, with secrets in the URL that no report may contain. */
export function check(
  server: Pick<TestServer, "port">,
  scheme: string,
  options: CheckDrainOptions = {},
): Promise<DrainReport> {
  const url = `${scheme}://user:geheim@localhost:${server.port}/path?token=geheim`;
  const { cert: ca } = root;
  return checkDrain(url, { count: 1, timeoutMs: 500, ...options, tls: { ca, ...options.tls } });
}
