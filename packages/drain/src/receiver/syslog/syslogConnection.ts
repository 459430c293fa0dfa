import type { Socket } from "node:net";
import { StallTimer } from "@loggregator/core";
import {
  type Framing,
  type Message,
  MessageReader,
  type UnmarshalError,
} from "@loggregator/rfc5424";
import type { DrainBinding } from "../drainMessage.js";
import { DrainReceiverError } from "../errors.js";
import type { Intake } from "../queue/intake.js";

/** The number of consecutive invalid frames after which a connection is closed. */
const maxInvalidFrames = 100;
/** The time to wait for the rest of a line, in milliseconds. See `Framing`. */
const silenceMs = 50;
const keepAliveMs = 60_000;

/** Reads messages from a connection until it ends or violates a limit. */
export class SyslogConnection {
  readonly #intake: Intake;
  readonly #socket: Socket;
  readonly #binding: DrainBinding;
  readonly #reader: MessageReader;
  /** Detects a message that is not completed. */
  readonly #stall: StallTimer;
  #invalidInARow = 0;
  #silence: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(intake: Intake, socket: Socket, binding: DrainBinding, framing: Framing) {
    const { maxMessageBytes, receiveTimeoutMs, idleTimeoutMs } = intake.settings;
    this.#intake = intake;
    this.#socket = socket;
    this.#binding = binding;
    this.#reader = new MessageReader({
      framing,
      maxMessageBytes,
      onInvalid: (error, frame) => this.#invalid(error, frame),
    });
    this.#stall = new StallTimer(receiveTimeoutMs, () =>
      this.#refuse("timeout", `a message was not complete within ${receiveTimeoutMs} ms`),
    );
    socket.setKeepAlive(true, keepAliveMs);
    if (idleTimeoutMs !== Number.POSITIVE_INFINITY) {
      socket.setTimeout(idleTimeoutMs, () => {
        if (!socket.isPaused()) {
          this.#refuse("idle", `nothing was received for ${idleTimeoutMs} ms`);
        }
      });
    }
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("end", () => this.#end());
    socket.on("error", (cause) =>
      this.#refuse("incomplete", `the connection broke: ${cause.message}`, cause),
    );
    socket.on("close", () => this.#closed());
  }

  #read(chunk: Buffer): void {
    clearTimeout(this.#silence);
    const messages = this.#reader.read(chunk);
    if (messages.length > 0) {
      this.#invalidInARow = 0;
    }
    this.#deliver(messages);
    if (this.#reader.holdsLine) {
      this.#silence = setTimeout(() => this.#deliver(this.#reader.release()), silenceMs);
    }
  }

  /** Adds messages to the queue, and pauses reading while there is no room. */
  #deliver(messages: readonly Message[]): void {
    const converted = this.#intake.convert(messages, this.#binding);
    const isAdded = converted.length === 0 || this.#intake.tryAdd(converted);
    if (!isAdded) {
      this.#socket.pause();
      this.#stall.pause();
      void this.#intake.add(converted).then(() => {
        this.#socket.resume();
        this.#watch(true);
      });
    } else {
      this.#watch(messages.length > 0);
    }
    if (this.#reader.failure !== undefined) {
      this.#refuse("invalid", (this.#reader.failure as Error).message, this.#reader.failure);
    }
  }

  /** @param progressed Whether a message became complete. */
  #watch(progressed: boolean): void {
    if (this.#ended || !this.#reader.isIncomplete || this.#reader.holdsLine) {
      this.#stall.pause();
    } else if (progressed) {
      this.#stall.progress();
    } else {
      this.#stall.start();
    }
  }

  #invalid(error: UnmarshalError, frame: Uint8Array): void {
    this.#intake.reports.addInvalid(error, frame, this.#binding);
    if (++this.#invalidInARow > maxInvalidFrames) {
      throw new DrainReceiverError(
        "invalid",
        `more than ${maxInvalidFrames} invalid frames in a row`,
      );
    }
  }

  /**
   * Ends the connection after the sender has ended its side. Messages sent before are delivered.
   */
  #end(): void {
    const before = this.#invalidInARow;
    clearTimeout(this.#silence);
    this.#deliver(this.#reader.end());
    this.#stall.stop();
    if (this.#invalidInARow > before) {
      this.#refuse("incomplete", "the connection ended in the middle of a message");
    } else {
      this.#ended = true;
      this.#socket.end();
    }
  }

  #refuse(reason: DrainReceiverError["reason"], message: string, cause?: unknown): void {
    if (!this.#ended) {
      this.#ended = true;
      const error =
        cause instanceof DrainReceiverError
          ? cause
          : new DrainReceiverError(reason, message, cause === undefined ? {} : { cause });
      this.#intake.reports.addRefused(error, this.#binding);
    }
    this.#socket.destroy();
  }

  #closed(): void {
    this.#ended = true;
    clearTimeout(this.#silence);
    this.#stall.stop();
  }
}
