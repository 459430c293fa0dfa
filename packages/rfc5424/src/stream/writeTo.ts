import { checkOptionNames, optionalFunction } from "../checkOptions.js";
import { MarshalError } from "../errors.js";
import { marshalFrame } from "../message/marshal.js";
import type { MessageInit } from "../message/message.js";
import { type Chunks, isIterable, type StreamPair } from "./isIterable.js";
import { onRejection } from "./onRejection.js";

/** Options of `writeTo`. */
export interface WriteToOptions {
  /**
   * Called for each message that cannot be written, which is then skipped. If the callback throws,
   * or returns a promise that rejects, the stream fails with that error.
   *
   * @default none: the first such message ends the stream with the error
   */
  readonly onInvalid?: ((error: MarshalError, message: MessageInit) => unknown) | undefined;
}

/**
 * Writes messages as octet-counted frames (`<length> <message>`, RFC 5425 section 4.3.1 and RFC 6587
 * section 3.4.1), one chunk each: `messages.pipeThrough(writeTo())`, or
 * `for await (const chunk of writeTo(messages))`. The stream fails with a `MarshalError` if a message
 * cannot be written.
 *
 * @throws TypeError for an invalid option.
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
  return isIterable(source)
    ? writeIterable(source, frameWriter(options))
    : writeStream(frameWriter(source));
}

/** Returns the frame of a message, or undefined if the message cannot be written. */
type FrameWriter = (message: MessageInit) => Uint8Array | undefined;

async function* writeIterable(
  source: Chunks<MessageInit>,
  write: FrameWriter,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const message of source) {
    const frame = write(message);
    if (frame) {
      yield frame;
    }
  }
}

function writeStream(write: FrameWriter): StreamPair<MessageInit, Uint8Array> {
  return new TransformStream<MessageInit, Uint8Array>({
    transform(message, controller) {
      const frame = write(message);
      if (frame) {
        controller.enqueue(frame);
      }
    },
  });
}

function frameWriter(options: WriteToOptions): FrameWriter {
  checkOptionNames(options, ["onInvalid"]);
  const { onInvalid } = options;
  optionalFunction("onInvalid", onInvalid);
  let rejection: { readonly reason: unknown } | undefined;
  return (message) => {
    if (rejection !== undefined) {
      throw rejection.reason;
    }
    try {
      return marshalFrame(message);
    } catch (error) {
      if (!onInvalid || !(error instanceof MarshalError)) {
        throw error;
      }
      onRejection(onInvalid(error, message), (reason) => {
        rejection ??= { reason };
      });
      return undefined;
    }
  };
}
