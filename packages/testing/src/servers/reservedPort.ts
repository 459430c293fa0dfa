import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/**
 * A port of 127.0.0.1 that the system does not assign to other sockets, and on which nothing
 * listens.
 */
export interface ReservedPort extends AsyncDisposable {
  readonly port: number;
  readonly address: string;
}

/**
 * Reserves a TCP port. Connections to it are refused unless the test listens on it, which it may
 * start and stop any number of times, in this process or in another one.
 *
 * One established connection keeps the port in use, so the system does not assign it
 * to a socket that requests any free port. Node.js sets SO_REUSEADDR on TCP servers, so listening on
 * the port by its number still works.
 */
export async function reserveTcpPort(): Promise<ReservedPort> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect(port, "127.0.0.1");
  const [[accepted]] = (await Promise.all([
    once(server, "connection"),
    once(client, "connect"),
  ])) as [[Socket], unknown];
  for (const socket of [client, accepted]) {
    socket.on("error", () => {});
  }
  const closed = once(server, "close");
  server.close();
  return {
    port,
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      client.destroy();
      accepted.destroy();
      await closed;
    },
  };
}

/**
 * Reserves a UDP port. Datagrams to it are refused (ECONNREFUSED) until a `UdpListener` is started
 * on it.
 *
 * A socket that is connected to a peer receives from that peer only. It keeps the port
 * in use; `reuseAddr` lets the listener bind to the port beside it.
 */
export async function reserveUdpPort(): Promise<ReservedPort> {
  const peer = await boundSocket();
  const holder = await boundSocket();
  holder.connect(peer.address().port, "127.0.0.1");
  await once(holder, "connect");
  const { port } = holder.address();
  return {
    port,
    address: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const closed = [holder, peer].map((socket) => once(socket, "close"));
      holder.close();
      peer.close();
      await Promise.all(closed);
    },
  };
}

async function boundSocket(): Promise<UdpSocket> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}
