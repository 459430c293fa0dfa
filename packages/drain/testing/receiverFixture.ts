import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Recorder } from "@loggregator/testing";
import {
  createDrainReceiver,
  type DrainMessage,
  type DrainReceiver,
  type DrainReceiverError,
  type DrainReceiverOptions,
} from "../src/index.js";

export const message = "<14>1 - - app [0] - - good\n";
export const frame = `${message.length} ${message}`;

/** A receiver that records messages and refusals, and the connections of a test to it. */
export class ReceiverFixture {
  readonly refusals = new Recorder<DrainReceiverError>();
  readonly invalid = new Recorder<Error>();
  readonly messages = new Recorder<DrainMessage>();
  readonly receiver: DrainReceiver;
  port = 0;
  readonly #sockets: Socket[] = [];

  constructor(options: DrainReceiverOptions = {}) {
    this.receiver = createDrainReceiver({
      onInvalid: this.invalid.add,
      onRefused: this.refusals.add,
      ...options,
    });
    void this.#consume();
  }

  async listen(): Promise<void> {
    ({ port: this.port } = await this.receiver.listenTcp({ host: "127.0.0.1" }));
  }

  async connect(): Promise<Socket> {
    const socket = connect(this.port, "127.0.0.1");
    socket.on("error", () => {});
    this.#sockets.push(socket);
    await once(socket, "connect");
    return socket;
  }

  /** Expects that a connection beside the hostile ones works. */
  async stillWorks(): Promise<void> {
    const before = this.messages.values.length;
    const socket = await this.connect();
    socket.end(frame.repeat(3));
    await this.messages.count(before + 3);
  }

  async #consume(): Promise<void> {
    for await (const received of this.receiver) {
      this.messages.add(received);
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await this.receiver.close();
  }
}

/** Resolves when the connection is closed, also if by an error. */
export const closed = (socket: Socket) =>
  new Promise<void>((resolve) =>
    socket
      .on("error", () => {})
      .resume()
      .once("close", () => resolve()),
  );
export const memoryMiB = () => process.memoryUsage().arrayBuffers / 1024 ** 2;
