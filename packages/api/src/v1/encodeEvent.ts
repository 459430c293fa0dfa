import { WireWriter } from "../binary/wireWriter.js";
import { checkTag, describe, textArgument, uint64Argument } from "../envelope/arguments.js";
import type { Envelope } from "../gen/events/events.js";
import { type EventField, type EventMessage, envelopeFields } from "./eventFields.js";

/** Room for the fixed parts of a field: tag, length, number. */
const fixedRoom = 32;
/** Most entries and messages within are shorter than 128 bytes: their length takes one. */
const shortLengthSize = 1;

// Encoding is synchronous: one writer, and its buffer, serve all calls.
let wire = new WireWriter(1024);
/** A buffer that an unusual envelope made grow beyond this is not kept. */
const keptCapacity = 64 * 1024;

/**
 * One v1 envelope as bytes: a datagram's, fields in the order of their numbers, unknown ones last.
 *
 * @throws TypeError, RangeError for fields that hold what the wire can't, and TypeError for a
 * required field that is missing: receivers would refuse the envelope.
 */
export function encodeEvent(envelope: Envelope): Uint8Array {
  if (wire.bytes.length > keptCapacity) wire = new WireWriter(1024);
  wire.position = 0;
  writeMessage(wire, envelopeFields, envelope, "");
  return wire.bytes.slice(0, wire.position);
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
      throw new TypeError(`${name}: expected this required field, got undefined`);
    }
  }
  writeUnknownFields(wire, (message as Envelope)._unknownFields);
}

function writeField(wire: WireWriter, { tag, kind }: EventField, name: string, value: unknown) {
  switch (kind) {
    case "text":
      writeText(wire, tag, textArgument(name, value));
      break;
    case "texts":
      for (const text of value as string[]) writeText(wire, tag, textArgument(name, text));
      break;
    case "bytes":
      if (!(value instanceof Uint8Array)) throw new TypeError(expected(name, "bytes", value));
      wire.bytesField(tag, value);
      break;
    case "int32":
      if ((Number(value) | 0) !== value) throw new RangeError(expected(name, "an int32", value));
      wire.varint(tag);
      wire.varint64(BigInt(value));
      break;
    case "int64":
      if (typeof value !== "bigint") throw new TypeError(expected(name, "a bigint", value));
      if (BigInt.asIntN(64, value) !== value) {
        throw new RangeError(expected(name, "an int64", value));
      }
      wire.varint(tag);
      wire.varint64(value);
      break;
    case "uint64":
      wire.varint(tag);
      wire.varint64(uint64Argument(name, value as bigint));
      break;
    case "double":
      if (typeof value !== "number") throw new TypeError(expected(name, "a number", value));
      wire.varint(tag);
      wire.double(value);
      break;
    case "tags":
      for (const key of Object.keys(value as object)) {
        const text = (value as Record<string, unknown>)[key];
        checkTag(name, key, text);
        writeTag(wire, tag, key, text);
      }
      break;
    default: {
      wire.varint(tag);
      const start = wire.open(shortLengthSize);
      writeMessage(wire, kind, value as object, `${name}.`);
      wire.close(start, shortLengthSize);
    }
  }
}

/** Writes an entry of a map of texts; unlike the fields of v2's, its empty key and value are written too. */
export function writeTag(wire: WireWriter, tag: number, key: string, value: string): void {
  wire.reserve(fixedRoom);
  wire.varint(tag);
  const start = wire.open(shortLengthSize);
  wire.stringField(0x0a, key);
  wire.stringField(0x12, value);
  wire.close(start, shortLengthSize);
}

function writeText(wire: WireWriter, tag: number, text: string): void {
  wire.reserve(fixedRoom);
  // What stringField takes is one byte; a tag of two has its first before it.
  if (tag > 0x7f) wire.byte((tag & 0x7f) | 0x80);
  wire.stringField(tag > 0x7f ? tag >>> 7 : tag, text);
}

function writeUnknownFields(wire: WireWriter, fields: Envelope["_unknownFields"]): void {
  if (fields === undefined) return;
  for (const [tag, values] of Object.entries(fields)) {
    for (const value of values) {
      wire.reserve(fixedRoom);
      wire.varint(Number(tag));
      wire.raw(value);
    }
  }
}

function expected(name: string, what: string, value: unknown): string {
  return `${name}: expected ${what}, got ${describe(value)}`;
}
