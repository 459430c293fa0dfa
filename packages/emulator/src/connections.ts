import { type ChannelListener, subscribe, unsubscribe } from "node:diagnostics_channel";
import { isIP, type Socket } from "node:net";

/**
 * The TCP connections that a listener of this process has open. gRPC servers keep theirs to
 * themselves, and cannot end one that is still shaking hands; Node.js tells of each as it is accepted.
 */
export class Connections {
  readonly #host: string;
  #port: number;
  readonly #open = new Set<Socket>();

  /** @param port of the listener; 0 where it is not known yet */
  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
    subscribe("net.server.socket", this.#accepted);
  }

  /** What the system chose. */
  set port(port: number) {
    this.#port = port;
  }

  /** Ends all, at once and without ceremony. */
  destroy(): void {
    for (const socket of this.#open) {
      socket.destroy();
    }
  }

  /** Pays no more attention to new ones. */
  stopWatching(): void {
    unsubscribe("net.server.socket", this.#accepted);
  }

  readonly #accepted: ChannelListener = (message) => {
    const { socket } = message as { socket: Socket };
    // Two emulators may have one port on different addresses of this machine.
    const elsewhere = isSpecific(this.#host) && socket.localAddress !== this.#host;
    if (socket.localPort === this.#port && !elsewhere) {
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket));
    }
  };
}

function isSpecific(host: string): boolean {
  return isIP(host) === 4 && host !== "0.0.0.0";
}
