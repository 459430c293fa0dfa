import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { Recorder } from "../recorder.js";

/** A UDP server on loopback that records the datagrams it receives. */
export class UdpListener implements AsyncDisposable {
  readonly port: number;
  readonly address: string;
  readonly #socket: Socket;
  readonly #received: Recorder<Uint8Array>;
  #taken = 0;

  /** @param port Default: any free one. A reserved port may be given, see `reserveUdpPort`. */
  static async start(port = 0): Promise<UdpListener> {
    const socket = createSocket({
      type: "udp4",
      // Only a port that the caller has chosen may be in use by another socket.
      reuseAddr: port !== 0,
      recvBufferSize: 4 * 1024 * 1024,
    });
    const received = new Recorder<Uint8Array>();
    socket.on("message", received.add);
    socket.bind(port, "127.0.0.1");
    await once(socket, "listening");
    return new UdpListener(socket, received);
  }

  private constructor(socket: Socket, received: Recorder<Uint8Array>) {
    this.#socket = socket;
    this.#received = received;
    this.port = socket.address().port;
    this.address = `127.0.0.1:${this.port}`;
  }

  /** The number of datagrams received so far. */
  get count(): number {
    return this.#received.values.length;
  }

  /** Resolves to the next `wanted` datagrams that no earlier call has returned. */
  async next(wanted: number): Promise<Uint8Array[]> {
    const first = this.#taken;
    this.#taken += wanted;
    await this.#received.count(this.#taken);
    return this.#received.values.slice(first, first + wanted);
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
