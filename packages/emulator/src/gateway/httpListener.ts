import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import type { Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Connections } from "../network/connections.js";
import { type ListenAddress, listenAt } from "../network/listenAddress.js";
import type { CertificateAndKey } from "../tls/certificateAuthority.js";
import { answerRequest, answerUnreadable, type RawAnswer } from "./answerUnreadable.js";

/** One HTTP or HTTPS endpoint. */
export interface HttpListener {
  /** `host:port`, with the actual port. */
  readonly address: string;
  /** The URL. If the server listens on all addresses, it has the name of this machine. */
  readonly url: string;
  /** Stops listening and ends all connections. */
  close(): Promise<void>;
}

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface HttpListenOptions {
  readonly address: ListenAddress;
  readonly connections: Connections;
  readonly handler: HttpHandler;
  /** Answers a request with a method that Node.js does not support, or with CONNECT. */
  readonly answerRaw: RawAnswer;
  /** For HTTPS, which is HTTP/1.1 and HTTP/2. */
  readonly tls?: CertificateAndKey | undefined;
}

/** The limit of Go's servers: 1 MiB of URL and headers, plus 4 KiB. */
const maxHeaderBytes = 1024 * 1024 + 4096;

/**
 * Listens for HTTP/1.1, or with a certificate for HTTPS.
 *
 * @throws EmulatorStartError if it cannot listen at the address.
 */
export async function listenHttp(options: HttpListenOptions): Promise<HttpListener> {
  const { address, connections, handler, answerRaw, tls } = options;
  const httpOptions = {
    maxHeaderSize: maxHeaderBytes,
    // The handler answers it as Go does.
    requireHostHeader: false,
    // Go's servers do not announce how long they keep a connection.
    keepAliveTimeout: 0,
  };
  const server: Server =
    tls === undefined
      ? createServer(httpOptions)
      : createSecureServer({
          ...tls,
          allowHTTP1: true,
          maxHeaderListPairs: 128,
          settings: { maxHeaderListSize: maxHeaderBytes },
        });
  // The HTTPS server ignores the options for HTTP/1.1.
  Object.assign(server, httpOptions);
  connections.watch(server);
  // The compatibility API of Node.js makes HTTP/2 requests look like HTTP/1.1.
  server.on("request", handler);
  // Go's servers send 100 only to handlers that read the body.
  server.on("checkContinue", handler);
  server.on("connect", (request: IncomingMessage, to: Duplex | ServerResponse) => {
    if (request.httpVersionMajor === 1) {
      answerRequest(request, to as Duplex, answerRaw);
    } else {
      handler(request, to as ServerResponse);
    }
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    answerUnreadable(error, socket, answerRaw);
  });
  server.on("tlsClientError", answerPlainHttp);
  const place = await listenAt(server, address);

  return {
    address: place.address,
    url: `${tls === undefined ? "http" : "https"}://${place.reachable}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      connections.destroy();
      await closed;
    },
  };
}

/** Answers plain HTTP on the HTTPS port. */
function answerPlainHttp(error: NodeJS.ErrnoException, socket: TLSSocket): void {
  if (error.code !== "ERR_SSL_HTTP_REQUEST") {
    return;
  }
  const raw = (socket as unknown as { readonly _parent?: Socket })._parent;
  raw?.end("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
}
