import type { Server, Socket } from "node:net";

/**
 * The TCP connections that servers have open: gRPC and HTTP/2 servers keep theirs to themselves, and
 * cannot end one that is still shaking hands.
 */
export class Connections {
  readonly #open = new Set<Socket>();

  watch(server: Server): void {
    server.on("connection", (socket: Socket) => {
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket));
    });
  }

  /** Ends all, at once and without ceremony. */
  destroy(): void {
    for (const socket of this.#open) {
      socket.destroy();
    }
  }
}
