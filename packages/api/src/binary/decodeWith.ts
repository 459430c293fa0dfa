import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { MessageFns } from "../gen/loggregator/v2/envelope.js";

/**
 * A `decode` with the generated one's arguments that reads bytes with a codec of ours. A reader,
 * which only generated code has, goes to the generated one.
 */
export function decodeWith<T>(
  decode: (bytes: Uint8Array) => T,
  generated: Pick<MessageFns<T>, "decode">,
): MessageFns<T>["decode"] {
  return (input, length) =>
    input instanceof BinaryReader
      ? generated.decode(input, length)
      : decode(length === undefined ? input : input.subarray(0, length));
}
