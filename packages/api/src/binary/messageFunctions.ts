import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

/** The functions of a generated message that read or write bytes. */
interface Codec<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}

/**
 * Returns ts-proto's functions for a message, with this package's codec. The generated codec loses
 * negative zeros and map entries called `__proto__`, and replaces a message that occurs twice
 * instead of merging it. It is only used if the input is a `BinaryReader`.
 */
export function messageFunctions<T, F extends Codec<T>>(
  generated: F,
  encode: (message: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
): F {
  const codec: Codec<T> = {
    encode: (message, writer = new BinaryWriter()) => writer.raw(encode(message)),
    decode: (input, length) =>
      input instanceof BinaryReader
        ? generated.decode(input, length)
        : decode(length === undefined ? input : input.subarray(0, length)),
  };
  return { ...generated, ...codec };
}
