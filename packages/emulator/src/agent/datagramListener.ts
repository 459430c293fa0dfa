import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { boundAddress, type ListenAddress, listenError } from "../network/listenAddress.js";

/** A UDP endpoint. */
export interface DatagramListener {
  /** `host:port`, with the actual port. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * The requested size of the receive buffer, as a client may send thousands of datagrams at once.
 * The system may allow less.
 */
const receiveBufferBytes = 4 * 1024 * 1024;

/**
 * Listens for datagrams.
 *
 * @param receive Called with each datagram, which it may keep.
 * @throws EmulatorStartError if it cannot listen at the address.
 */
export async function listenDatagrams(
  address: ListenAddress,
  receive: (datagram: Uint8Array) => void,
): Promise<DatagramListener> {
  let socket: Socket | undefined;
  try {
    const { address: ip, family } = await lookup(address.host);
    socket = createSocket({
      type: family === 6 ? "udp6" : "udp4",
      recvBufferSize: receiveBufferBytes,
    });
    socket.bind({ address: ip, port: address.port });
    await once(socket, "listening");
  } catch (cause) {
    throw listenError(address, cause);
  }
  const bound = socket;
  bound.on("message", receive);

  return {
    address: boundAddress(address, bound.address().port),
    async close() {
      const closed = once(bound, "close");
      bound.close();
      await closed;
    },
  };
}
