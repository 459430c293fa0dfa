import type { Message } from "../message/message.js";
import { type Chunks, isIterable, type StreamPair } from "./isIterable.js";
import { MessageReader } from "./messageReader.js";
import type { ReadFromOptions } from "./readOptions.js";

/** The time to wait for the rest of a line, in milliseconds. See `ReadFromOptions.framing`. */
const silenceMs = 50;

/**
 * Reads messages from a stream with chunks of any size: `body.pipeThrough(readFrom())`, or `for
 * await (const message of readFrom(socket))`. It accepts octet counting (RFC 5425 section 4.3.1,
 * RFC 6587 section 3.4.1) and messages that end with a line end (RFC 6587 section 3.4.2).
 *
 * All messages before a malformed frame are delivered. Then, unless `onInvalid` is set, the stream
 * fails with an `UnmarshalError`.
 *
 * @throws TypeError, RangeError for an invalid option.
 */
export function readFrom(options?: ReadFromOptions): StreamPair<Uint8Array, Message>;
export function readFrom(
  source: Chunks<Uint8Array>,
  options?: ReadFromOptions,
): AsyncGenerator<Message, void, undefined>;
export function readFrom(
  source: Chunks<Uint8Array> | ReadFromOptions = {},
  options: ReadFromOptions = {},
): StreamPair<Uint8Array, Message> | AsyncGenerator<Message, void, undefined> {
  return isIterable(source)
    ? readIterable(source, new MessageReader(options))
    : readStream(new MessageReader(source));
}

async function* readIterable(
  source: Chunks<Uint8Array>,
  reader: MessageReader,
): AsyncGenerator<Message, void, undefined> {
  const iterator = iteratorOf(source);
  const messages = new MessageSource(() => iterator.next(), reader);
  try {
    for (let batch = await messages.next(); batch !== undefined; batch = await messages.next()) {
      for (const message of batch) {
        yield message;
      }
    }
  } finally {
    if (!messages.sourceEnded) {
      await closeSource(source, iterator, messages.isWaiting);
    }
  }
}

function iteratorOf<T>(source: Chunks<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in source
    ? source[Symbol.asyncIterator]()
    : source[Symbol.iterator]();
}

/** Closes a source that has not ended. */
async function closeSource<T>(
  source: Chunks<T>,
  iterator: AsyncIterator<T> | Iterator<T>,
  isWaiting: boolean,
): Promise<void> {
  const returned = iterator.return?.();
  if (!isWaiting) {
    await returned;
    return;
  }
  // A generator returns only after the value that it awaits. A Node.js stream can end immediately.
  Promise.resolve(returned).catch(() => {});
  const { destroy } = source as { destroy?: unknown };
  if (typeof destroy === "function") {
    destroy.call(source);
  }
}

/**
 * Creates a stream pair. It is not a TransformStream with a transformer: if that fails, it discards
 * its queue, and with it valid messages of the chunk that contained the invalid one.
 */
function readStream(reader: MessageReader): StreamPair<Uint8Array, Message> {
  const input = new TransformStream<Uint8Array, Uint8Array>();
  const chunks = input.readable.getReader();
  const messages = new MessageSource(() => chunks.read() as Promise<Chunk>, reader);
  const readable = new ReadableStream<Message>(
    {
      async pull(controller) {
        try {
          const batch = await messages.next();
          if (batch === undefined) {
            controller.close();
          } else {
            for (const message of batch) {
              controller.enqueue(message);
            }
          }
        } catch (error) {
          await chunks.cancel(error);
          throw error;
        }
      },
      cancel: (reason) => chunks.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return { readable, writable: input.writable };
}

type Chunk = IteratorResult<Uint8Array, unknown>;

/** Reads chunks until there are messages. */
class MessageSource {
  readonly #read: () => Promise<Chunk> | Chunk;
  readonly #reader: MessageReader;
  /** The chunk that has been requested. */
  #chunk: Promise<Chunk> | undefined;
  #end: { readonly error?: unknown } | undefined;

  constructor(read: () => Promise<Chunk> | Chunk, reader: MessageReader) {
    this.#read = read;
    this.#reader = reader;
  }

  /** True if the source has ended or failed. */
  get sourceEnded(): boolean {
    return this.#end !== undefined;
  }

  /** True if a requested chunk has not arrived yet. */
  get isWaiting(): boolean {
    return this.#chunk !== undefined;
  }

  /** Returns the next messages, at least one, or undefined at the end of the stream. */
  async next(): Promise<Message[] | undefined> {
    for (;;) {
      if (this.#reader.failure !== undefined) {
        throw this.#reader.failure;
      }
      if (this.#end !== undefined) {
        if ("error" in this.#end) {
          throw this.#end.error;
        }
        return undefined;
      }
      const messages = await this.#nextBatch();
      if (messages.length > 0) {
        return messages;
      }
    }
  }

  async #nextBatch(): Promise<Message[]> {
    let chunk: Chunk | undefined;
    try {
      this.#chunk ??= Promise.resolve(this.#read());
      chunk = this.#reader.holdsLine ? await unlessSilent(this.#chunk) : await this.#chunk;
    } catch (error) {
      this.#end = { error };
      return this.#reader.release();
    }
    if (chunk === undefined) {
      return this.#reader.release();
    }
    this.#chunk = undefined;
    if (!chunk.done) {
      return this.#reader.read(chunk.value);
    }
    this.#end = {};
    return this.#reader.end();
  }
}

/** Resolves to the chunk, or to undefined if it does not arrive within `silenceMs`. */
async function unlessSilent(chunk: Promise<Chunk>): Promise<Chunk | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, silenceMs, undefined);
  });
  try {
    return await Promise.race([chunk, silence]);
  } finally {
    clearTimeout(timer);
  }
}
