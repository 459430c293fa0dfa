import { gunzipSync } from "node:zlib";
import { Status } from "nice-grpc";

/** The size of the flag and the length before each message. */
const prefixBytes = 5;

/** Thrown if a response cannot be read. */
export class MessageError extends Error {
  readonly code: Status;

  constructor(code: Status, details: string, options?: ErrorOptions) {
    super(details, options);
    this.code = code;
  }
}

/** Splits the body of a gRPC response into messages. */
export class MessageReader {
  /** The `grpc-encoding` of the response, which applies to messages with the compressed flag. */
  encoding = "identity";
  readonly #maxBytes: number;
  readonly #onMessage: (message: Buffer) => void;
  readonly #prefix = Buffer.alloc(prefixBytes);
  #prefixLength = 0;
  /** The message being received, if it is spread over several chunks. */
  #body: Buffer | undefined;
  #bodyLength = 0;

  /** @param maxBytes The largest message, before and after decompression. */
  constructor(maxBytes: number, onMessage: (message: Buffer) => void) {
    this.#maxBytes = maxBytes;
    this.#onMessage = onMessage;
  }

  /** True if the body so far ends in the middle of a message. */
  get isPartial(): boolean {
    return this.#prefixLength > 0;
  }

  /**
   * Reads the next chunk of the body.
   *
   * @throws MessageError if the body is malformed, or a message is too large.
   */
  push(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      offset = this.#body === undefined ? this.#begin(chunk, offset) : this.#fill(chunk, offset);
    }
  }

  /** Reads a prefix, and the message after it if the chunk contains all of it. */
  #begin(chunk: Buffer, start: number): number {
    const offset =
      start + chunk.copy(this.#prefix, this.#prefixLength, start, start + this.#missingPrefix);
    this.#prefixLength += offset - start;
    if (this.#missingPrefix > 0) {
      return offset;
    }
    const length = this.#prefix.readUInt32BE(1);
    this.#check(length);
    const end = offset + length;
    if (end > chunk.length) {
      // Not initialized: pages are only used as data arrives, whatever length the prefix contains.
      this.#body = Buffer.allocUnsafeSlow(length);
      this.#bodyLength = 0;
      return offset;
    }
    const message = chunk.subarray(offset, end);
    // Small messages are copied, because a view would keep the whole received buffer in memory.
    this.#complete(length * 2 >= chunk.buffer.byteLength ? message : copy(message));
    return end;
  }

  #fill(chunk: Buffer, start: number): number {
    const body = this.#body as Buffer;
    const copied = chunk.copy(body, this.#bodyLength, start);
    this.#bodyLength += copied;
    if (this.#bodyLength === body.length) {
      this.#body = undefined;
      this.#complete(body);
    }
    return start + copied;
  }

  get #missingPrefix(): number {
    return prefixBytes - this.#prefixLength;
  }

  #check(length: number): void {
    const [flag = 0] = this.#prefix;
    if (flag > 1) {
      throw new MessageError(Status.INTERNAL, `the response is malformed (message flag ${flag})`);
    }
    if (flag === 1 && this.encoding !== "gzip") {
      const encoding = JSON.stringify(this.encoding.slice(0, 20));
      const details = `the response is compressed in an unsupported encoding (${encoding})`;
      throw new MessageError(Status.INTERNAL, details);
    }
    if (length > this.#maxBytes) {
      throw tooLarge(`${length}`, this.#maxBytes);
    }
  }

  #complete(message: Buffer): void {
    this.#prefixLength = 0;
    this.#onMessage(this.#prefix[0] === 1 ? this.#decompress(message) : message);
  }

  #decompress(message: Buffer): Buffer {
    // An empty message may be sent without a gzip header.
    if (message.length === 0) {
      return message;
    }
    try {
      return gunzipSync(message, { maxOutputLength: this.#maxBytes });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
        throw tooLarge("more after decompression", this.#maxBytes);
      }
      const details = `the response cannot be decompressed: ${(cause as Error).message}`;
      throw new MessageError(Status.INTERNAL, details, { cause });
    }
  }
}

function copy(message: Buffer): Buffer {
  const copied = Buffer.allocUnsafeSlow(message.length);
  message.copy(copied);
  return copied;
}

function tooLarge(size: string, maxBytes: number): MessageError {
  const details = `received a message larger than maxReceiveBytes (${size}, the limit is ${maxBytes})`;
  return new MessageError(Status.RESOURCE_EXHAUSTED, details);
}
