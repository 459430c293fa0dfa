import { MarshalError } from "./errors.js";
import { marshalFrame } from "./marshal.js";
import type { MessageInit } from "./message.js";
import { type Chunks, isIterable, type StreamPair } from "./stream.js";

/** How `writeTo` writes. */
export interface WriteToOptions {
  /**
   * Told of each message that cannot be written; the stream then goes on with the next.
   * Default: such a message ends the stream with the error.
   */
  onInvalid?: ((error: MarshalError, message: MessageInit) => void) | undefined;
}

/**
 * Writes messages as a stream of octet-counted ones (`<length> <message>`, RFC 5425 section 4.3.1
 * and RFC 6587 section 3.4.1), each a chunk: `messages.pipeThrough(writeTo())`, or
 * `for await (const chunk of writeTo(messages))`. The stream fails with a `MarshalError` where a
 * message cannot be written.
 */
export function writeTo(options?: WriteToOptions): StreamPair<MessageInit, Uint8Array>;
export function writeTo(
  source: Chunks<MessageInit>,
  options?: WriteToOptions,
): AsyncGenerator<Uint8Array, void, undefined>;
export function writeTo(
  source: Chunks<MessageInit> | WriteToOptions = {},
  options: WriteToOptions = {},
): StreamPair<MessageInit, Uint8Array> | AsyncGenerator<Uint8Array, void, undefined> {
  return isIterable(source) ? writeIterable(source, options) : writeStream(source);
}

async function* writeIterable(
  source: Chunks<MessageInit>,
  options: WriteToOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const message of source) {
    const frame = frameOf(message, options);
    if (frame) yield frame;
  }
}

function writeStream(options: WriteToOptions): StreamPair<MessageInit, Uint8Array> {
  return new TransformStream<MessageInit, Uint8Array>({
    transform(message, controller) {
      const frame = frameOf(message, options);
      if (frame) controller.enqueue(frame);
    },
  });
}

function frameOf(message: MessageInit, { onInvalid }: WriteToOptions): Uint8Array | undefined {
  try {
    return marshalFrame(message);
  } catch (error) {
    if (!onInvalid || !(error instanceof MarshalError)) throw error;
    onInvalid(error, message);
    return undefined;
  }
}
