import { UnmarshalError } from "../errors.js";
import { decodeText } from "../message/decodeText.js";
import type { Message } from "../message/message.js";
import { unmarshal } from "../message/unmarshal.js";
import { beginsFrame, endOfDigits, isSeparator, maxDigits } from "./frameStart.js";
import { onRejection } from "./onRejection.js";
import { PendingBytes } from "./pendingBytes.js";
import { type Framing, type ReadFromOptions, readSettings } from "./readOptions.js";

const nul = 0x00;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const zero = 0x30;
const lessThan = 0x3c;

/** The number of bytes of empty lines that end a message, so that no more have to be kept. */
const maxEmptyLineBytes = 1024;

/** The input after the bytes read so far: unknown, a pause, or the end of the stream. */
type Following = "unknown" | "silence" | "end";

/** Returned by methods that need more bytes. */
const incomplete = -1;

/**
 * Splits a stream with chunks of any size into messages. `readFrom` is built on it. Use it directly
 * if chunks arrive as events, or for a whole body.
 */
export class MessageReader {
  /**
   * The error after which nothing more can be read. It is set rather than thrown, so that the
   * messages before it are returned.
   */
  failure: unknown;

  readonly #framing: Framing;
  readonly #maxMessageBytes: number;
  readonly #onInvalid: ReadFromOptions["onInvalid"];
  readonly #pending = new PendingBytes();
  /** The number of bytes that remain to be skipped of a counted frame that is too long. */
  #skip = 0;
  /** True if the current line has been rejected as too long, so that its rest is skipped. */
  #skipsLine = false;
  /** True if the previous frame was a line. */
  #afterLine = false;
  /** The length of the part of the current line that has already been searched for its end. */
  #searched = 0;
  /** The end of the current line, unless the next line continues it; negative if unknown. */
  #lineEnd = -1;

  /** @throws TypeError, RangeError for an invalid option. */
  constructor(options: ReadFromOptions = {}) {
    const { framing, maxMessageBytes, onInvalid } = readSettings(options);
    this.#framing = framing;
    this.#maxMessageBytes = maxMessageBytes;
    this.#onInvalid = onInvalid;
  }

  /** True if a line is complete unless more of it follows. Call `release` after a pause. */
  get holdsLine(): boolean {
    return this.#lineEnd >= 0 && !this.#skipsLine;
  }

  /** True if the stream is in the middle of a frame, even one that is skipped. */
  get isIncomplete(): boolean {
    return this.#skip > 0 || this.#skipsLine || this.#pending.bytes.length > 0;
  }

  /** Reads a chunk. Returns the messages that it completes. */
  read(chunk: Uint8Array): Message[] {
    if (!ArrayBuffer.isView(chunk)) {
      this.failure = new TypeError(`chunks must be of type Uint8Array, got ${typeof chunk}`);
      return [];
    }
    return this.#read(this.#pending.append(chunk), "unknown");
  }

  /** Ends the held line, and returns its message. */
  release(): Message[] {
    return this.#read(this.#pending.bytes, "silence");
  }

  /** Ends the stream. Returns the messages that this completes. */
  end(): Message[] {
    return this.#read(this.#pending.bytes, "end");
  }

  #read(bytes: Uint8Array, following: Following): Message[] {
    const messages: Message[] = [];
    try {
      let at = 0;
      while (at < bytes.length) {
        const next = this.#readFrame(bytes, at, following, messages);
        if (next === incomplete) {
          break;
        }
        at = next;
      }
      this.#pending.keep(bytes, at);
    } catch (error) {
      this.failure = error;
    }
    return messages;
  }

  /** Reads the frame at `start`. Returns the start of the next one, or `incomplete`. */
  #readFrame(bytes: Uint8Array, start: number, following: Following, messages: Message[]): number {
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, bytes.length - start);
      this.#skip -= skipped;
      return start + skipped;
    }
    if (!this.#skipsLine) {
      if (isSeparator(bytes[start])) {
        return start + 1;
      }
      const counted = this.#framing === "newline" ? false : this.#isCounted(bytes, start);
      if (counted === undefined && following !== "end") {
        return incomplete;
      }
      if (counted !== false) {
        return this.#readCounted(bytes, start, following, messages);
      }
      // Without a callback, an invalid frame ends the stream: there is no need to wait for a line
      // end.
      if (this.#onInvalid === undefined) {
        this.#checkBeginning(bytes, start);
      }
    }
    return this.#readLine(bytes, start, following, messages);
  }

  /** Returns true if a frame begins with a count; undefined if more bytes are needed to decide. */
  #isCounted(bytes: Uint8Array, start: number): boolean | undefined {
    const end = endOfDigits(bytes, start);
    if (end === start || end - start > maxDigits || bytes[start] === zero) {
      return false;
    }
    if (end === bytes.length) {
      return undefined;
    }
    if (bytes[end] !== space) {
      return false;
    }
    // After a line, a number is a count only if a message follows it.
    return this.#afterLine && this.#framing === "auto" ? beginsFrame(bytes, start) : true;
  }

  #readCounted(
    bytes: Uint8Array,
    start: number,
    following: Following,
    messages: Message[],
  ): number {
    const digitsEnd = endOfDigits(bytes, start);
    let length = 0;
    for (let at = start; at < digitsEnd; at++) {
      length = length * 10 + (bytes[at] as number) - zero;
    }
    const messageStart = digitsEnd + 1;
    const end = messageStart + length;
    if (length > this.#maxMessageBytes) {
      const reason = `must be at most maxMessageBytes, ${this.#maxMessageBytes}`;
      const error = new UnmarshalError("length", String(length), reason);
      this.#reject(error, bytes.subarray(start, digitsEnd));
      this.#skip = length;
    } else if (end <= bytes.length) {
      this.#take(bytes.subarray(messageStart, end), messages);
    } else if (following === "end") {
      const received = Math.max(0, bytes.length - messageStart);
      const reason = `must have ${length} bytes after its length (${received} received)`;
      this.#reject(new UnmarshalError("frame", "", reason), bytes.subarray(messageStart));
    } else {
      return incomplete;
    }
    this.#afterLine = false;
    return Math.min(bytes.length, this.#skip > 0 ? messageStart : end);
  }

  #readLine(bytes: Uint8Array, start: number, following: Following, messages: Message[]): number {
    let at = start + this.#searched;
    for (;;) {
      if (this.#lineEnd < 0) {
        while (at < bytes.length && bytes[at] !== lineFeed && bytes[at] !== nul) {
          at++;
        }
        if (at === bytes.length && following !== "end") {
          return this.#waitForLine(bytes, start, at);
        }
        this.#lineEnd = at - start;
      }
      if (this.#framing !== "auto") {
        break;
      }
      while (at < bytes.length && isSeparator(bytes[at])) {
        at++;
      }
      const begins = at < bytes.length ? beginsFrame(bytes, at) : undefined;
      if (begins === false) {
        this.#lineEnd = -1;
      } else if (begins || following !== "unknown") {
        break;
      } else if (at - start - this.#lineEnd > maxEmptyLineBytes) {
        break;
      } else {
        return this.#waitForLine(bytes, start, at);
      }
    }
    const end = start + this.#lineEnd;
    const line = bytes.subarray(start, bytes[end - 1] === carriageReturn ? end - 1 : end);
    const wasRejected = this.#skipsLine;
    this.#skipsLine = false;
    this.#afterLine = true;
    this.#searched = 0;
    this.#lineEnd = -1;
    if (wasRejected) {
      return at;
    }
    if (line.length > this.#maxMessageBytes) {
      this.#rejectLine(line);
    } else {
      this.#takeLine(line, messages);
    }
    return at;
  }

  /** Keeps an incomplete line, unless it is too long. */
  #waitForLine(bytes: Uint8Array, start: number, searchedTo: number): number {
    const length = this.#lineEnd < 0 ? searchedTo - start : this.#lineEnd;
    this.#searched = searchedTo - start;
    if (length > this.#maxMessageBytes && !this.#skipsLine) {
      this.#skipsLine = true;
      this.#rejectLine(bytes.subarray(start, searchedTo));
    }
    if (!this.#skipsLine || length === 0) {
      return incomplete;
    }
    // Of a skipped line, only the part that may be its end is kept.
    this.#searched -= length;
    if (this.#lineEnd >= 0) {
      this.#lineEnd = 0;
    }
    return start + length;
  }

  #takeLine(line: Uint8Array, messages: Message[]): void {
    try {
      this.#checkBeginning(line, 0);
    } catch (error) {
      this.#reject(error as UnmarshalError, line);
      return;
    }
    this.#take(line, messages);
  }

  /** @throws UnmarshalError if the bytes cannot be the beginning of a frame. */
  #checkBeginning(bytes: Uint8Array, start: number): void {
    if (this.#framing === "newline") {
      return;
    }
    const isCount = this.#framing === "octet-counting";
    if (!isCount && bytes[start] === lessThan) {
      return;
    }
    const reason = isCount
      ? "must be a count of bytes and a space"
      : "must be a count of bytes and a space, or a message must begin with <";
    throw new UnmarshalError("length", excerpt(bytes.subarray(start)), reason);
  }

  #take(frame: Uint8Array, messages: Message[]): void {
    let message: Message;
    try {
      message = unmarshal(frame);
    } catch (error) {
      this.#reject(error as UnmarshalError, frame);
      return;
    }
    messages.push(message);
  }

  #rejectLine(line: Uint8Array): void {
    const reason = `must have at most maxMessageBytes, ${this.#maxMessageBytes}`;
    const beginning = line.subarray(0, this.#maxMessageBytes);
    this.#reject(new UnmarshalError("frame", excerpt(line), reason), beginning);
  }

  #reject(error: UnmarshalError, frame: Uint8Array): void {
    if (this.#onInvalid === undefined) {
      throw error;
    }
    const result = this.#onInvalid(error, new Uint8Array(frame));
    onRejection(result, (reason) => {
      this.failure ??= reason;
    });
  }
}

function excerpt(bytes: Uint8Array): string {
  return decodeText(bytes, 0, Math.min(bytes.length, 40));
}
