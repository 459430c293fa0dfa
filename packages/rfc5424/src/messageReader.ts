import { UnmarshalError } from "./errors.js";
import type { Message } from "./message.js";
import { unmarshal } from "./unmarshal.js";

/** How `readFrom` reads. */
export interface ReadFromOptions {
  /**
   * The longest message taken, in bytes; default 1,048,576. A larger count is refused before
   * anything is stored for it. Also the most that a stream holds back while a message is incomplete.
   */
  maxMessageBytes?: number | undefined;
  /**
   * Told of each whole frame that is not an RFC 5424 message; the stream then goes on behind it.
   * Default: such a frame ends the stream with the error. A bad count always does, since nobody
   * knows where the next message begins.
   */
  onInvalid?: ((error: UnmarshalError, frame: Uint8Array) => void) | undefined;
}

const SPACE = 0x20;

/** Cuts a stream of octet-counted messages, in chunks of any size, into messages. */
export class MessageReader {
  /** Why nothing more can be read. Set beside the messages that came before, so that none is lost. */
  failure: unknown;

  readonly #maxMessageBytes: number;
  readonly #onInvalid: ReadFromOptions["onInvalid"];
  /** The digits so far of the count being read. */
  #digits = "";
  /** The message being read, where it did not come in one chunk, and how much of it is there. */
  #frame: Uint8Array | undefined;
  #filled = 0;

  constructor({ maxMessageBytes = 1_048_576, onInvalid }: ReadFromOptions) {
    if (!Number.isSafeInteger(maxMessageBytes) || maxMessageBytes < 1) {
      throw new RangeError(
        `maxMessageBytes must be an integer of 1 or more, got ${maxMessageBytes}`,
      );
    }
    this.#maxMessageBytes = maxMessageBytes;
    this.#onInvalid = onInvalid;
  }

  /** The messages that the chunk completes. */
  read(chunk: Uint8Array): Message[] {
    const messages: Message[] = [];
    try {
      if (!ArrayBuffer.isView(chunk)) {
        throw new TypeError(`chunks must be of type Uint8Array, got ${typeof chunk}`);
      }
      for (let at = 0; at < chunk.length; ) {
        at = this.#frame ? this.#fill(chunk, at, messages) : this.#begin(chunk, at, messages);
      }
    } catch (error) {
      this.failure = error;
    }
    return messages;
  }

  /** To be called at the end of the stream. Throws where it ends in the middle of a message. */
  end(): void {
    if (this.#frame) {
      const reason = `must have ${this.#frame.length} bytes, has ${this.#filled}`;
      throw new UnmarshalError("frame", "", reason);
    }
    if (this.#digits !== "") {
      throw new UnmarshalError("length", "", "must be followed by a space and a message");
    }
  }

  /** Reads on in a count, and the whole message behind it where the chunk has it. */
  #begin(chunk: Uint8Array, start: number, messages: Message[]): number {
    let at = start;
    for (; at < chunk.length && chunk[at] !== SPACE; at++) {
      const digit = String.fromCharCode(chunk[at] as number);
      this.#digits += digit;
      // RFC 5425: NONZERO-DIGIT *DIGIT.
      if (digit < "0" || digit > "9" || this.#digits === "0") this.#refuseCount("must be a count");
      if (Number(this.#digits) > this.#maxMessageBytes) {
        this.#refuseCount(`must be at most maxMessageBytes, ${this.#maxMessageBytes}`);
      }
    }
    if (at === chunk.length) return at;
    if (this.#digits === "") this.#refuseCount("must be a count");
    const length = Number(this.#digits);
    this.#digits = "";
    at++;
    if (at + length > chunk.length) {
      this.#frame = new Uint8Array(length);
      return at;
    }
    this.#take(chunk.subarray(at, at + length), messages);
    return at + length;
  }

  /** Reads on in a message that began in an earlier chunk. */
  #fill(chunk: Uint8Array, start: number, messages: Message[]): number {
    const frame = this.#frame as Uint8Array;
    const part = chunk.subarray(start, start + frame.length - this.#filled);
    frame.set(part, this.#filled);
    this.#filled += part.length;
    if (this.#filled === frame.length) {
      this.#frame = undefined;
      this.#filled = 0;
      this.#take(frame, messages);
    }
    return start + part.length;
  }

  #take(frame: Uint8Array, messages: Message[]): void {
    let message: Message;
    try {
      message = unmarshal(frame);
    } catch (error) {
      if (!this.#onInvalid || !(error instanceof UnmarshalError)) throw error;
      this.#onInvalid(error, new Uint8Array(frame));
      return;
    }
    messages.push(message);
  }

  #refuseCount(reason: string): never {
    throw new UnmarshalError("length", this.#digits || " ", reason);
  }
}
