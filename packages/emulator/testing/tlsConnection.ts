import { once } from "node:events";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { ClientTls } from "../src/index.js";

/**
 * Shakes hands as a gRPC client does, and closes the connection.
 *
 * @returns the connection, with its negotiated parameters
 */
export async function shakeHands(
  address: string,
  { ca, cert, key, serverName }: ClientTls,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const [host, port] = address.split(":");
  const socket = connect({
    host,
    port: Number(port),
    ca,
    cert,
    key,
    servername: serverName,
    ALPNProtocols: ["h2"],
    ...options,
  });
  try {
    await once(socket, "secureConnect");
    // The server's first frame: with TLS 1.3 it refuses a client's certificate after the handshake.
    await once(socket, "data");
    return socket;
  } finally {
    socket.destroy();
  }
}
