import type { WireReader } from "./wireReader.js";

interface MessageWithUnknownFields {
  _unknownFields?: { [key: number]: Uint8Array[] } | undefined;
}

/** Reads a field that the message does not define, and keeps its bytes in `_unknownFields`. */
export function readUnknownField(
  reader: WireReader,
  tag: number,
  message: MessageWithUnknownFields,
): void {
  const value = reader.skip(tag);
  message._unknownFields ??= {};
  const fields = message._unknownFields;
  const values = fields[tag];
  if (values === undefined) {
    fields[tag] = [value];
  } else {
    values.push(value);
  }
}
