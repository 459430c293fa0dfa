import { type Channel, connectivityState, type Deadline } from "@grpc/grpc-js";
import { type CallConnection, Http2Call } from "./call/http2Call.js";

/** The interface of a connection that a channel uses. */
export interface ChannelConnection extends CallConnection {
  /** Closes the connection once the open calls have ended. */
  close(): void;
}

/** The interval at which the state of a channel is checked, in milliseconds. */
const watchIntervalMs = 10;

/** A channel for grpc-js's client that passes calls to the current connection. */
export class Http2Channel implements Pick<Channel, keyof Channel> {
  readonly #connection: ChannelConnection;

  constructor(connection: ChannelConnection) {
    this.#connection = connection;
  }

  /** This channel as grpc-js's class. Clients use only its public methods. */
  get asChannel(): Channel {
    return this as Pick<Channel, keyof Channel> as Channel;
  }

  createCall(path: string, deadline: Deadline): Http2Call {
    return new Http2Call(this.#connection, path, deadline);
  }

  getTarget(): string {
    return this.#connection.address;
  }

  getConnectivityState(): connectivityState {
    return this.#connection.session() === undefined
      ? connectivityState.IDLE
      : connectivityState.READY;
  }

  watchConnectivityState(
    state: connectivityState,
    deadline: Date | number,
    callback: (error?: Error) => void,
  ): void {
    const timer = setInterval(() => {
      const isLate = Date.now() >= Number(deadline);
      if (!isLate && this.getConnectivityState() === state) {
        return;
      }
      clearInterval(timer);
      callback(isLate ? new Error("the channel's state did not change in time") : undefined);
    }, watchIntervalMs).unref();
  }

  getChannelzRef(): never {
    throw new Error("channelz is not supported");
  }

  close(): void {
    this.#connection.close();
  }
}
