import type { ClientHttp2Stream } from "node:http2";

/** Flag and length before each message. */
const prefixBytes = 5;
/** Smaller messages are copied next to their prefix: one piece costs less than two. */
const copyBelowBytes = 1_024;

/** Supplies the request messages of a call. */
export interface MessageSource {
  /**
   * Returns the messages to write next, none if there are none. Called once for each request that
   * the client passes on, and only while fewer bytes than the watermark are under way. The bytes
   * must not change until they are reported as sent, or the call has ended: they are not copied.
   *
   * @param roomBytes How many more bytes are wanted. The last message may exceed it.
   */
  take(roomBytes: number): readonly Uint8Array[];
  /** The socket has taken the last byte of the next `count` messages, in the order of `take`. */
  sent(count: number): void;
  /**
   * Called once the server has begun to read the request. Until then it may refuse the call, and
   * the messages that were sent are needed again.
   */
  accepted?(): void;
  /**
   * Called when the call has ended if the server refused it: it has processed no message, not even
   * those that were sent.
   */
  refused?(): void;
}

/**
 * Writes messages to a stream. Everything that is due in one turn of the event loop goes out in one
 * write; while that is under way, the next one is collected.
 */
export class MessageWriter {
  readonly #stream: ClientHttp2Stream;
  readonly #watermarkBytes: number;
  readonly #onSent: (count: number) => void;
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  /** Bytes of the write that is under way. */
  #writingBytes = 0;
  #sentBytes = 0;
  #addedBytes = 0;
  /** For each message that was not sent yet, where it ends in the stream. */
  readonly #ends: number[] = [];
  #isHeld = false;
  #scheduled = false;
  #ending = false;
  #stopped = false;
  #onRoom: (() => void) | undefined;

  /** @param onSent Called when the socket has taken the last byte of the next `count` messages. */
  constructor(
    stream: ClientHttp2Stream,
    watermarkBytes: number,
    onSent: (count: number) => void = () => {},
  ) {
    this.#stream = stream;
    this.#watermarkBytes = watermarkBytes;
    this.#onSent = onSent;
  }

  /** The number of further bytes that may be in flight. */
  get roomBytes(): number {
    return this.#watermarkBytes - (this.#addedBytes - this.#sentBytes);
  }

  /** How many bytes of the stream the socket has taken. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Writes nothing, and has no room, until `release`. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#schedule();
    this.#callOnRoom();
  }

  /** Whether messages were added whose last byte was not sent. */
  get hasUnsent(): boolean {
    return this.#ends.length > 0;
  }

  add(message: Uint8Array): void {
    const { length } = message;
    if (length < copyBelowBytes) {
      const chunk = Buffer.allocUnsafe(prefixBytes + length);
      writePrefix(chunk, length);
      chunk.set(message, prefixBytes);
      this.#chunks.push(chunk);
    } else {
      const prefix = Buffer.allocUnsafe(prefixBytes);
      writePrefix(prefix, length);
      this.#chunks.push(prefix, message);
    }
    this.#chunkBytes += prefixBytes + length;
    this.#addedBytes += prefixBytes + length;
    this.#ends.push(this.#addedBytes);
    this.#schedule();
  }

  /** Calls `callback` when there is room, at once if there is. */
  whenRoom(callback: () => void): void {
    if (this.#stopped) {
      return;
    }
    this.#onRoom = callback;
    this.#callOnRoom();
  }

  /** Half-closes the stream once everything has been written. */
  end(): void {
    this.#ending = true;
    this.#schedule();
  }

  /**
   * Ends the writing: nothing is written any more.
   *
   * @param sentBytes How many bytes of the stream were sent in all, if that is known.
   */
  stop(sentBytes = 0): void {
    this.#stopped = true;
    this.#chunks = [];
    this.#onRoom = undefined;
    this.#report(sentBytes);
  }

  #schedule(): void {
    if (this.#scheduled || this.#isHeld || this.#writingBytes > 0) {
      return;
    }
    this.#scheduled = true;
    // Runs once the promises that this turn has settled have had their effects.
    process.nextTick(() => this.#write());
  }

  #write(): void {
    this.#scheduled = false;
    if (this.#stopped || this.#writingBytes > 0) {
      return;
    }
    const chunks = this.#chunks;
    const stream = this.#stream;
    if (chunks.length > 0) {
      const bytes = this.#chunkBytes;
      this.#writingBytes = bytes;
      this.#chunks = [];
      this.#chunkBytes = 0;
      const last = chunks.length - 1;
      stream.cork();
      for (let index = 0; index < last; index++) {
        stream.write(chunks[index]);
      }
      stream.write(chunks[last], (error) => this.#written(bytes, error));
      stream.uncork();
    }
    if (this.#ending && !stream.writableEnded) {
      stream.end();
    }
  }

  #written(bytes: number, error: Error | null | undefined): void {
    // Node.js also calls back, in some versions without an error, when the stream is destroyed.
    if (this.#stopped || error || this.#stream.destroyed || this.#stream.aborted) {
      return;
    }
    this.#writingBytes = 0;
    this.#report(this.#sentBytes + bytes);
    if (this.#chunks.length > 0 || this.#ending) {
      this.#write();
    }
    this.#callOnRoom();
  }

  #callOnRoom(): void {
    const callback = this.#onRoom;
    if (callback === undefined || this.#isHeld || this.roomBytes <= 0) {
      return;
    }
    this.#onRoom = undefined;
    callback();
  }

  #report(sentBytes: number): void {
    this.#sentBytes = Math.max(this.#sentBytes, sentBytes);
    let count = 0;
    while (count < this.#ends.length && (this.#ends[count] as number) <= sentBytes) {
      count++;
    }
    if (count === 0) {
      return;
    }
    this.#ends.splice(0, count);
    this.#onSent(count);
  }
}

function writePrefix(chunk: Buffer, length: number): void {
  chunk[0] = 0;
  chunk.writeUInt32BE(length, 1);
}
