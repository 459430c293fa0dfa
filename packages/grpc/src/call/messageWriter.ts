import type { ClientHttp2Stream } from "node:http2";

/** The size of the flag and the length before each message. */
const prefixBytes = 5;
/** Smaller messages are copied after their prefix, as writing one chunk costs less than two. */
const copyBelowBytes = 1_024;

/** Supplies the request messages of a call. */
export interface MessageSource {
  /**
   * Returns the messages to write next, or an empty array. Called once for each item of the
   * request iterable, and only while fewer bytes than the watermark are in flight. The bytes are
   * not copied: they must not change until they are reported as sent or the call has ended.
   *
   * @param roomBytes The number of bytes that fit. The last message may exceed it.
   */
  take(roomBytes: number): readonly Uint8Array[];
  /**
   * Called when the last byte of the next `count` messages, in the order of `take`, has been
   * written to the socket.
   */
  sent(count: number): void;
  /**
   * Called once the server has begun to read the request. Until then it may refuse the call, and
   * sent messages must be kept to be sent again.
   */
  accepted?(): void;
  /**
   * Called when the call has ended because the server refused it: none of its messages was
   * processed, including those that were sent.
   */
  refused?(): void;
}

/**
 * Writes messages to a stream. All messages of one turn of the event loop are sent in one write;
 * meanwhile, the next write is collected.
 */
export class MessageWriter {
  readonly #stream: ClientHttp2Stream;
  readonly #watermarkBytes: number;
  readonly #onSent: (count: number) => void;
  readonly #flag: number;
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  /** The number of bytes of the write in progress. */
  #writingBytes = 0;
  #sentBytes = 0;
  #addedBytes = 0;
  /** The end of each unsent message, as a position in the stream. */
  readonly #ends: number[] = [];
  #isHeld = false;
  #scheduled = false;
  #ending = false;
  #stopped = false;
  #onRoom: (() => void) | undefined;

  /**
   * @param onSent Called when the last byte of the next `count` messages has been written.
   * @param isCompressed True if the messages are compressed, as `grpc-encoding` specifies.
   */
  constructor(
    stream: ClientHttp2Stream,
    watermarkBytes: number,
    onSent: (count: number) => void = () => {},
    isCompressed = false,
  ) {
    this.#stream = stream;
    this.#watermarkBytes = watermarkBytes;
    this.#onSent = onSent;
    this.#flag = isCompressed ? 1 : 0;
  }

  /** The number of bytes that may be added before the watermark is reached. */
  get roomBytes(): number {
    return this.#watermarkBytes - (this.#addedBytes - this.#sentBytes);
  }

  /** The number of bytes of the stream that have been written to the socket. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Delays all writes, and reports no room, until `release` is called. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#schedule();
    this.#callOnRoom();
  }

  /** True if the last byte of a message has not been sent yet. */
  get hasUnsent(): boolean {
    return this.#ends.length > 0;
  }

  add(message: Uint8Array): void {
    const { length } = message;
    if (length < copyBelowBytes) {
      const chunk = Buffer.allocUnsafe(prefixBytes + length);
      writePrefix(chunk, this.#flag, length);
      chunk.set(message, prefixBytes);
      this.#chunks.push(chunk);
    } else {
      const prefix = Buffer.allocUnsafe(prefixBytes);
      writePrefix(prefix, this.#flag, length);
      this.#chunks.push(prefix, message);
    }
    this.#chunkBytes += prefixBytes + length;
    this.#addedBytes += prefixBytes + length;
    this.#ends.push(this.#addedBytes);
    this.#schedule();
  }

  /** Calls `callback` once there is room; immediately if there already is. */
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
   * Stops writing.
   *
   * @param sentBytes The total number of bytes that were sent on the stream, if known.
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
    // Runs after the callbacks of promises that were settled in this turn.
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
    // Node.js also calls back when the stream is destroyed, in some versions without an error.
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

function writePrefix(chunk: Buffer, flag: number, length: number): void {
  chunk[0] = flag;
  chunk.writeUInt32BE(length, 1);
}
