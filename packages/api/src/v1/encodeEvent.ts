import {
  formatValue,
  OptionRangeError,
  OptionTypeError,
  objectArgument,
  stringArgument,
} from "@loggregator/core";
import { checkedUnknownFields } from "../binary/checkedFields.js";
import {
  bytes1,
  bytes2,
  fixedRoom,
  shortLengthSize,
  writeUnknownFields,
} from "../binary/envelopeFields.js";
import { WireWriter } from "../binary/wire/wireWriter.js";
import {
  checkBytes,
  checkTag,
  checkTagsObject,
  int32Argument,
  numberArgument,
  uint64Argument,
} from "../envelope/arguments.js";
import type { Envelope } from "../gen/events/events.js";
import { type EventField, type EventMessage, envelopeFields } from "./eventFields.js";

// Encoding is synchronous, so all calls share one writer and its buffer. If a getter encodes
// another envelope while it is in use, a new writer is created.
let freeWire: WireWriter | undefined;
/** The maximum size of a buffer that is kept for the next envelope. */
const maxKeptCapacity = 64 * 1024;

/**
 * Encodes one v1 envelope, the contents of a datagram: fields in the order of their numbers, then
 * unknown fields.
 *
 * @throws TypeError, RangeError for fields of the wrong type or out of range; TypeError for a
 * missing required field, because receivers would reject the envelope.
 */
export function encodeEvent(envelope: Envelope): Uint8Array {
  return encodeEventMessage(envelopeFields, "envelope", envelope);
}

/** Encodes one of dropsonde's messages, without a length before it. */
export function encodeEventMessage(
  fields: EventMessage,
  name: string,
  message: object,
): Uint8Array {
  objectArgument(name, message);
  const wire = freeWire ?? new WireWriter(1024);
  freeWire = undefined;
  try {
    wire.position = 0;
    writeMessage(wire, fields, message, "");
    return wire.bytes.slice(0, wire.position);
  } finally {
    if (wire.bytes.length <= maxKeptCapacity) {
      freeWire = wire;
    }
  }
}

/** Writes a message's fields, without a length before them. */
export function writeMessage(
  wire: WireWriter,
  { fields }: EventMessage,
  message: object,
  path: string,
): void {
  for (const field of fields) {
    const value = (message as Record<string, unknown>)[field.name];
    const name = path + field.name;
    if (value !== undefined) {
      wire.reserve(fixedRoom);
      writeField(wire, field, name, value);
    } else if (field.required) {
      const expected = "set, as v1 requires it";
      throw new OptionTypeError(name, expected, "undefined");
    }
  }
  writeUnknownFields(wire, checkedUnknownFields((message as Envelope)._unknownFields));
}

function writeField(wire: WireWriter, { tag, kind }: EventField, name: string, value: unknown) {
  switch (kind) {
    case "text":
      writeText(wire, tag, stringArgument(name, value));
      break;
    case "texts":
      if (!Array.isArray(value)) {
        throw new OptionTypeError(name, "an array of strings", formatValue(value));
      }
      for (const [index, text] of value.entries()) {
        writeText(wire, tag, stringArgument(`${name}[${index}]`, text));
      }
      break;
    case "bytes":
      checkBytes(name, value);
      wire.bytesField(tag, value);
      break;
    case "int32":
      wire.varint(tag);
      wire.varint64(BigInt(int32Argument(name, value)));
      break;
    case "int64":
      if (typeof value !== "bigint") {
        throw new OptionTypeError(name, "a bigint", formatValue(value));
      }
      if (BigInt.asIntN(64, value) !== value) {
        throw new OptionRangeError(name, "in the range of an int64", formatValue(value));
      }
      wire.varint(tag);
      wire.varint64(value);
      break;
    case "uint64":
      wire.varint(tag);
      wire.varint64(uint64Argument(name, value as bigint));
      break;
    case "double":
      wire.varint(tag);
      wire.double(numberArgument(name, value));
      break;
    case "tags": {
      checkTagsObject(name, value);
      for (const key of Object.keys(value)) {
        const text = value[key];
        checkTag(name, key, text);
        writeTag(wire, tag, key, text);
      }
      break;
    }
    default: {
      objectArgument(name, value);
      wire.varint(tag);
      const start = wire.open(shortLengthSize);
      writeMessage(wire, kind, value, `${name}.`);
      wire.close(start, shortLengthSize);
    }
  }
}

/** Writes a tag. Unlike in v2, an empty name or value is written as well. */
export function writeTag(wire: WireWriter, tag: number, key: string, value: string): void {
  wire.reserve(fixedRoom);
  wire.varint(tag);
  const start = wire.open(shortLengthSize);
  wire.stringField(bytes1, key);
  wire.stringField(bytes2, value);
  wire.close(start, shortLengthSize);
}

function writeText(wire: WireWriter, tag: number, text: string): void {
  wire.reserve(fixedRoom);
  // stringField only writes one byte of a tag; the first byte of a longer tag is written here.
  if (tag > 0x7f) {
    wire.byte((tag & 0x7f) | 0x80);
  }
  wire.stringField(tag > 0x7f ? tag >>> 7 : tag, text);
}
