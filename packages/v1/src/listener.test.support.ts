import { createSocket } from "node:dgram";
import { once } from "node:events";

/** A UDP listener on loopback that keeps what it receives. */
export interface Listener extends AsyncDisposable {
  readonly port: number;
  readonly address: string;
  /** How many datagrams it has received in all. */
  readonly count: number;
  /** The next datagrams that were not asked for yet, as soon as there are so many. */
  next(count: number): Promise<Uint8Array[]>;
  close(): Promise<void>;
}

export async function listen(port = 0): Promise<Listener> {
  const socket = createSocket({ type: "udp4", recvBufferSize: 4 * 1024 * 1024 });
  const unread: Uint8Array[] = [];
  let count = 0;
  socket.on("message", (datagram) => {
    count++;
    unread.push(datagram);
  });
  socket.bind(port, "127.0.0.1");
  await once(socket, "listening");
  const bound = socket.address().port;
  const close = async () => {
    socket.close();
    await once(socket, "close");
  };
  return {
    port: bound,
    address: `127.0.0.1:${bound}`,
    get count() {
      return count;
    },
    async next(wanted) {
      while (unread.length < wanted) await once(socket, "message");
      return unread.splice(0, wanted);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A port of loopback that nobody listens at. */
export async function unusedPort(): Promise<number> {
  const listener = await listen();
  await listener.close();
  return listener.port;
}
