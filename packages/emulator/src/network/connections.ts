import type { Server, Socket } from "node:net";

/**
 * The TCP connections of servers: gRPC and HTTP/2 servers do not expose theirs, and cannot close one
 * whose handshake is under way.
 */
export class Connections {
  readonly #open = new Set<Socket>();
  #refuses = false;

  watch(server: Server): void {
    server.prependListener("connection", (socket: Socket) => {
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket));
      if (this.#refuses) {
        socket.resetAndDestroy();
      }
    });
  }

  /** Destroys all connections, without a closing message of any protocol. */
  destroy(): void {
    for (const socket of this.#open) {
      socket.destroy();
    }
  }

  /** Resets new connections, as if nothing were listening; the port stays in use. */
  refuse(): void {
    this.#refuses = true;
  }

  /** Accepts new connections again. */
  accept(): void {
    this.#refuses = false;
  }
}
