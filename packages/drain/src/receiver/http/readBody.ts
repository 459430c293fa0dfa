import { abortable } from "@loggregator/core";
import { refusal } from "../errors.js";
import type { DrainRequest } from "./receiveRequest.js";

interface ReadBodyOptions {
  /** Bounds the body before and after decompression. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Called with the number of additional bytes that were read. May throw. */
  readonly onBytes: (count: number) => void;
}

/**
 * Reads a body that may be compressed.
 *
 * @throws DrainReceiverError if it is too large, has another encoding or does not decompress; the
 * signal's reason if that aborts.
 */
export async function readBody(
  request: DrainRequest,
  options: ReadBodyOptions,
): Promise<Uint8Array> {
  const { maxBytes, signal } = options;
  const encoding = (request.header("content-encoding") ?? "identity").toLowerCase();
  if (!["identity", "gzip", "x-gzip", "deflate"].includes(encoding)) {
    throw refusal(
      "request",
      415,
      "the body must be uncompressed, or compressed as gzip or deflate",
    );
  }
  if (Number(request.header("content-length")) > maxBytes) {
    throw tooLarge(maxBytes);
  }
  if (encoding === "identity") {
    return collect(request.body(), options);
  }
  const format = encoding === "deflate" ? "deflate" : "gzip";
  const source = limited(request.body(), maxBytes);
  const stream = toStream(source).pipeThrough(new DecompressionStream(format));
  const reader = stream.getReader();
  try {
    return await collect({ next: () => reader.read() as Promise<Chunk> }, options);
  } catch (cause) {
    reader.cancel().catch(() => {});
    if (source.failure !== undefined) {
      throw source.failure;
    }
    signal.throwIfAborted();
    // Decompression errors have no common class.
    throw cause instanceof Error && cause.name === "DrainReceiverError"
      ? cause
      : refusal("invalid", 400, `the body is not ${format}`, cause);
  }
}

type Chunk = IteratorResult<Uint8Array, undefined>;

async function collect(
  body: Pick<AsyncIterator<Uint8Array>, "next" | "return">,
  { maxBytes, signal, onBytes }: ReadBodyOptions,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await abortable(signal, body.next());
      if (done) {
        break;
      }
      length += value.length;
      if (length > maxBytes) {
        throw tooLarge(maxBytes);
      }
      onBytes(value.length);
      chunks.push(value);
    }
  } catch (error) {
    Promise.resolve(body.return?.()).catch(() => {});
    throw error;
  }
  const [first] = chunks;
  return first !== undefined && chunks.length === 1 ? first : concat(chunks, length);
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

interface LimitedSource extends AsyncIterator<Uint8Array> {
  /** The reason for a failure, as a piped stream reports another error. */
  readonly failure: unknown;
}

/** Fails once more than `maxBytes` have been read. */
function limited(source: AsyncIterator<Uint8Array>, maxBytes: number): LimitedSource {
  let length = 0;
  let failure: unknown;
  return {
    get failure() {
      return failure;
    },
    async next() {
      try {
        const chunk = await source.next();
        length += chunk.done ? 0 : chunk.value.length;
        if (length > maxBytes) {
          throw tooLarge(maxBytes);
        }
        return chunk;
      } catch (error) {
        failure = error;
        throw error;
      }
    },
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
}

function toStream(source: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await source.next();
        if (done) {
          controller.close();
        } else {
          controller.enqueue(value as Uint8Array<ArrayBuffer>);
        }
      },
      async cancel() {
        await source.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

function tooLarge(maxBytes: number) {
  return refusal("too-large", 413, `the body has more than maxBodyBytes, ${maxBytes}`);
}
