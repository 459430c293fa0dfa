import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import type { Connections } from "../connections.js";
import { hostName, type ListenAddress, listenError } from "../listenAddress.js";
import type { CertificateAndKey } from "../tls/certificates.js";

/** One HTTP or HTTPS endpoint. */
export interface HttpListener {
  /** `host:port`, with the port that it got. */
  readonly address: string;
  /** Where to reach it; from this machine, where it listens at all addresses. */
  readonly url: string;
  /** Stops listening and ends all connections. */
  close(): Promise<void>;
}

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** As Go's servers have it: a query may name thousands of sources. */
const MAX_HEADER_BYTES = 1024 * 1024;

/**
 * Listens for HTTP/1.1, or, with a certificate, for HTTPS with HTTP/1.1 and HTTP/2.
 *
 * @throws EmulatorStartError where it cannot listen at the address
 */
export async function listenHttp(
  address: ListenAddress,
  connections: Connections,
  handler: HttpHandler,
  tls?: CertificateAndKey,
): Promise<HttpListener> {
  const server: Server =
    tls === undefined
      ? createServer({ maxHeaderSize: MAX_HEADER_BYTES })
      : createSecureServer({
          ...tls,
          allowHTTP1: true,
          maxHeaderListPairs: 128,
          settings: { maxHeaderListSize: MAX_HEADER_BYTES },
        });
  connections.watch(server);
  // Node.js has HTTP/2 look like HTTP/1.1.
  server.on("request", handler);
  try {
    server.listen({ host: hostName(address), port: address.port });
    await once(server, "listening");
  } catch (cause) {
    throw listenError(address, cause);
  }
  const { port } = server.address() as AddressInfo;
  const host = address.host.replace(/^0\.0\.0\.0$/, "127.0.0.1").replace(/^\[::\]$/, "[::1]");

  return {
    address: `${address.host}:${port}`,
    url: `${tls === undefined ? "http" : "https"}://${host}:${port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      connections.destroy();
      await closed;
    },
  };
}
