import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { setOwn } from "@loggregator/core";
import { WireReader } from "../binary/wire/wireReader.js";
import { checkBytes } from "../envelope/arguments.js";

/**
 * Calls the function of each length-delimited field in `fields`, in order, and returns the bytes of
 * all other fields for the generated decoder.
 *
 * @throws EnvelopeDecodeError for malformed bytes; TypeError if `bytes` is not a Uint8Array.
 */
export function decodeFields(
  bytes: Uint8Array,
  fields: Readonly<Record<number, (value: Uint8Array) => void>>,
): Uint8Array {
  checkBytes("bytes", bytes);
  const reader = new WireReader(bytes);
  const others = new BinaryWriter();
  while (reader.position < reader.end) {
    const start = reader.position;
    const tag = reader.tag();
    const decode = fields[tag];
    if (decode === undefined) {
      reader.skip(tag);
      others.raw(reader.bytes.subarray(start, reader.position));
    } else {
      decode(reader.view());
    }
  }
  return others.finish();
}

/** Decodes an entry of a map into an object, with any key. */
export function decodeEntry<T>(
  bytes: Uint8Array,
  into: Record<string, T>,
  decode: (bytes: Uint8Array) => T,
): void {
  let key = "";
  let value: Uint8Array = new Uint8Array();
  decodeFields(bytes, {
    10: (view) => {
      key = decodeText(view);
    },
    18: (view) => {
      value = view;
    },
  });
  setOwn(into, key, decode(value));
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes text. Invalid UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}
