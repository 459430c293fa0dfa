import { once } from "node:events";
import type { Socket } from "node:net";
import { abortable, linkedTimeout, onAbort } from "@loggregator/core";
import { dial } from "./dial.js";
import type { QueuedEnvelope } from "./envelopeQueue.js";
import { DrainSendError } from "./errors.js";
import { concatMessages, type Transport, type TransportOptions } from "./transport.js";

/** The number of bytes per write. Messages of incomplete writes are sent again after a failure. */
const writeBytes = 128 * 1024;

/** Writes messages to one connection, which is opened on demand. */
export class SyslogTransport implements Transport {
  readonly maxBytes = writeBytes;
  readonly #options: TransportOptions;
  #socket: Socket | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async send(
    envelopes: readonly QueuedEnvelope[],
    onSent: (count: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const bytes = concatMessages(envelopes);
    if (bytes.length > 0) {
      this.#socket ??= await this.#connect(signal);
      await this.#write(this.#socket, bytes, signal);
    }
    onSent(envelopes.length);
  }

  async end(): Promise<void> {
    const socket = this.#socket;
    if (socket !== undefined && !socket.destroyed) {
      socket.end();
      await once(socket, "close").catch(() => {});
    }
  }

  destroy(): void {
    this.#socket?.destroy();
  }

  async #connect(signal: AbortSignal): Promise<Socket> {
    const { onStatus } = this.#options;
    onStatus({ type: "connecting" });
    const socket = await dial(this.#options, signal);
    onStatus({ type: "open" });
    const leave = () => {
      if (this.#socket === socket) {
        this.#socket = undefined;
        onStatus({ type: "disconnected" });
      }
    };
    // Receivers send nothing. If they end their side, further messages are sent on another
    // connection.
    socket.resume();
    socket.on("error", leave);
    socket.on("end", leave);
    socket.on("close", leave);
    return socket;
  }

  /** Resolves when the system has taken all bytes. */
  async #write(socket: Socket, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { stallTimeoutMs, target } = this.#options;
    const { name } = target;
    const attempt = linkedTimeout(
      stallTimeoutMs,
      () =>
        new DrainSendError(
          "stalled",
          `${name}: the receiver reads nothing for ${stallTimeoutMs} ms`,
        ),
      signal,
    );
    const removeAbort = onAbort(attempt.signal, () => socket.destroy());
    try {
      await abortable(
        attempt.signal,
        new Promise<void>((resolve, reject) => {
          socket.write(bytes, (error) => (error ? reject(error) : resolve()));
        }),
      );
    } catch (cause) {
      socket.destroy();
      if (attempt.signal.aborted) {
        throw attempt.signal.reason;
      }
      const text = `${name}: the connection broke: ${(cause as Error).message}`;
      throw new DrainSendError("connection", text, { cause });
    } finally {
      removeAbort();
      attempt.abort();
    }
  }
}
