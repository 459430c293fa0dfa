import type { Message } from "./message.js";
import { MessageReader, type ReadFromOptions } from "./messageReader.js";
import { type Chunks, isIterable, type StreamPair } from "./stream.js";

/**
 * Reads messages from a stream of octet-counted ones (`<length> <message>`, RFC 5425 section 4.3.1
 * and RFC 6587 section 3.4.1), whatever the chunks it comes in: `body.pipeThrough(readFrom())`, or
 * `for await (const message of readFrom(socket))`. Messages before a fault are all delivered; then
 * the stream fails, with an `UnmarshalError` where the bytes are to blame.
 *
 * @throws {RangeError} at the call, for a `maxMessageBytes` that is not a positive integer
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
  messages: MessageReader,
): AsyncGenerator<Message, void, undefined> {
  for await (const chunk of source) {
    for (const message of messages.read(chunk)) yield message;
    if (messages.failure) throw messages.failure;
  }
  messages.end();
}

/**
 * Not a TransformStream with a transformer: one that fails throws away what it has put in the queue,
 * and with it good messages that came in the same chunk as a bad one.
 */
function readStream(messages: MessageReader): StreamPair<Uint8Array, Message> {
  const input = new TransformStream<Uint8Array, Uint8Array>();
  const reader = input.readable.getReader();
  const readable = new ReadableStream<Message>(
    {
      async pull(controller) {
        for (let delivered = 0; delivered === 0; ) {
          if (messages.failure) {
            await reader.cancel(messages.failure);
            throw messages.failure;
          }
          const { done, value } = await reader.read();
          if (done) {
            messages.end();
            return controller.close();
          }
          const complete = messages.read(value);
          for (const message of complete) controller.enqueue(message);
          delivered = complete.length;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return { readable, writable: input.writable };
}
