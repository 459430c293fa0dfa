import { setMaxListeners } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type OutgoingHttpHeaders,
  type Settings,
} from "node:http2";
import type { Socket } from "node:net";
import { Status } from "nice-grpc";
import { type CallStatus, errorCodeName } from "../call/callStatus.js";
import { Keepalive, type KeepaliveSettings, sendSettings } from "./keepalive.js";

/**
 * The time in milliseconds after which a closed connection is destroyed if the peer does not close
 * it.
 */
const lingerMs = 500;
/** The time limit for the acknowledgement of SETTINGS, in milliseconds. */
const maxAnswerMs = 1_000;
/** The stream id after which a connection is replaced: ids are odd 31-bit numbers. */
const maxStreamId = 2 ** 31 - 2 ** 16;

/** An open connection. */
export interface OpenConnection {
  /**
   * Aborts when the connection accepts no more calls: it broke, or the server sent GOAWAY. Open
   * calls may still complete; endless streams should be ended.
   */
  readonly draining: AbortSignal;
  /** Closes the connection and the calls on it immediately. */
  destroy(): void;
}

type SessionState = "open" | "draining" | "closed";

/** One open HTTP/2 connection. */
export class Session implements OpenConnection {
  readonly #http2: ClientHttp2Session;
  readonly #socket: Socket;
  readonly #keepalive: Keepalive;
  readonly #draining = new AbortController();
  #state: SessionState = "open";
  #error: CallStatus | undefined;
  #calls = 0;
  #isClosing = false;
  #lastStreamId = Number.POSITIVE_INFINITY;
  #serverWindowBytes = 0;

  constructor(http2: ClientHttp2Session, socket: Socket, settings: KeepaliveSettings) {
    // Each stream of the connection may add a listener.
    setMaxListeners(0, this.#draining.signal);
    this.#http2 = http2;
    this.#socket = socket;
    this.#keepalive = new Keepalive(
      http2,
      settings,
      () => socket.bytesRead,
      () => {
        const { keepaliveTimeoutMs } = settings;
        this.#fail(`the server did not reply to a ping within ${keepaliveTimeoutMs} ms`);
        this.destroy();
      },
    );
    http2.on("goaway", (code, lastStreamId, reason) => {
      this.#lastStreamId = lastStreamId;
      this.#onGoaway(code, reason);
    });
    const onSettings = ({ initialWindowSize = 0 }: Settings) => {
      this.#serverWindowBytes = Math.max(this.#serverWindowBytes, initialWindowSize);
    };
    onSettings(http2.remoteSettings);
    http2.on("remoteSettings", onSettings);
    http2.on("error", (error) => this.#fail(`the connection broke: ${error.message}`, error));
    // HTTP/2 sessions do not always end when TLS fails.
    socket.on("error", (error) => {
      this.#fail(`the connection broke: ${error.message}`, error);
      this.destroy();
    });
    http2.on("close", () => {
      this.#fail("the server closed the connection");
      this.#keepalive.stop();
      this.#drain("closed");
    });
  }

  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  get isOpen(): boolean {
    return this.#state === "open" && !this.#http2.closed && !this.#http2.destroyed;
  }

  /** The reason why the connection ended, if it has. */
  get error(): CallStatus | undefined {
    if (!this.#http2.destroyed) {
      return undefined;
    }
    return this.#error ?? { code: Status.UNAVAILABLE, details: "the connection broke" };
  }

  /** The number of bytes that may be written to a stream before the server reads from it. */
  get serverWindowBytes(): number {
    return this.#serverWindowBytes;
  }

  /** Returns true if the server excluded a stream with GOAWAY. */
  refuses(stream: ClientHttp2Stream): boolean {
    return stream.id !== undefined && stream.id > this.#lastStreamId;
  }

  /**
   * Opens a stream.
   *
   * @throws Error if the connection accepts no more calls.
   */
  request(headers: OutgoingHttpHeaders): ClientHttp2Stream {
    try {
      const stream = this.#http2.request(headers, { endStream: false });
      this.#calls++;
      this.#keepalive.callStarted();
      stream.once("close", () => this.#callEnded());
      if ((stream.id ?? 0) > maxStreamId) {
        this.close();
      }
      return stream;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Calls back with true once the server has received everything sent so far and its responses to
   * it have arrived, as shown by an acknowledgement of SETTINGS. Calls back with false after one
   * second.
   */
  whenAnswered(callback: (isAnswered: boolean) => void): void {
    const timer = setTimeout(() => callback(false), maxAnswerMs).unref();
    const answered = () => {
      clearTimeout(timer);
      callback(true);
    };
    // The first acknowledgement may arrive before the server's response to a request.
    sendSettings(this.#http2, () => sendSettings(this.#http2, answered));
  }

  /** Closes the connection once the open calls have ended. No more calls are accepted. */
  close(): void {
    this.#drain("draining");
  }

  /** Closes the connection once the open calls have ended, at the latest after `lingerMs`. */
  closeSoon(): void {
    this.close();
    this.#destroyAfterLinger();
  }

  /** Bound, so that it can be passed as a callback. */
  readonly destroy = (): void => {
    this.#fail("the connection was closed by the client");
    this.#drain("closed");
    this.#http2.destroy();
    // A session that is closing would wait for the peer.
    this.#socket.destroy();
  };

  #onGoaway(code: number, reason?: Buffer): void {
    if (code !== constants.NGHTTP2_NO_ERROR) {
      const text = JSON.stringify(String(reason ?? "").slice(0, 100));
      this.#fail(`the server closed the connection (GOAWAY ${errorCodeName(code)} ${text})`);
    }
    this.#drain("draining");
  }

  /** Records a failure. Only the first one counts. */
  #fail(details: string, cause?: Error): void {
    this.#error ??= { code: Status.UNAVAILABLE, details, cause };
  }

  #drain(state: SessionState): void {
    if (this.#state !== "closed") {
      this.#state = state;
    }
    this.#draining.abort();
    this.#closeIfUnused();
  }

  #callEnded(): void {
    this.#calls--;
    this.#keepalive.callEnded();
    if (this.#state !== "open") {
      this.#closeIfUnused();
    }
  }

  /** Closes a draining connection without calls once the last frames have been written. */
  #closeIfUnused(): void {
    if (this.#calls > 0 || this.#isClosing) {
      return;
    }
    this.#isClosing = true;
    setImmediate(() => {
      if (!this.#http2.destroyed) {
        this.#http2.close();
        this.#http2.destroy();
      }
      this.#destroyAfterLinger();
    });
  }

  #destroyAfterLinger(): void {
    if (this.#socket.destroyed) {
      return;
    }
    // Only the socket keeps the process running until it is closed; the timer is unref'ed.
    setTimeout(() => this.destroy(), lingerMs).unref();
  }
}
