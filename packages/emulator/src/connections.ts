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

  /** Closes all at once, without a goodbye of any protocol. */
  destroy(): void {
    for (const socket of this.#open) {
      socket.destroy();
    }
  }

  /** Resets new connections, as if nothing listened; the port stays taken. */
  refuse(): void {
    this.#refuses = true;
  }

  /** Accepts new connections again. */
  accept(): void {
    this.#refuses = false;
  }
}
