import { once } from "node:events";
import type { ListenOptions, Server, Socket } from "node:net";

/** A listening server of a test. Disposing it closes it with all of its connections. */
export interface TestServer extends AsyncDisposable {
  readonly address: string;
  /** NaN on a unix socket. */
  readonly port: number;
  readonly sockets: ReadonlySet<Socket>;
}

/** Starts listening, on a free port of 127.0.0.1 by default. */
export async function listen(
  server: Server,
  options: ListenOptions = { port: 0, host: "127.0.0.1" },
): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(options);
  await once(server, "listening");
  const bound = server.address();
  return {
    ...located(bound),
    sockets,
    async [Symbol.asyncDispose]() {
      if (!server.listening && sockets.size === 0) {
        return;
      }
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
  };
}

function located(bound: ReturnType<Server["address"]>): { address: string; port: number } {
  if (bound === null || typeof bound === "string") {
    return { address: `unix:${bound}`, port: Number.NaN };
  }
  const host = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return { address: `${host}:${bound.port}`, port: bound.port };
}
