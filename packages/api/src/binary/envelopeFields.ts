import { tick, tickLower, tickUpper } from "../envelope/nowNanoseconds.js";
import type {
  CheckedDeprecatedTag,
  CheckedMessage,
  CheckedMetrics,
  UnknownField,
} from "./checkedFields.js";
import type { WireWriter } from "./wire/wireWriter.js";

// Fields as on the wire, number << 3 | wire type.
export const envelopeOfBatch = 0x0a;
export const timestamp = 0x08;
export const sourceId = 0x12;
export const instanceId = 0x42;
const deprecatedTagsEntry = 0x1a;
const tagsEntry = 0x4a;
export const log = 0x22;
export const counter = 0x2a;
export const gauge = 0x32;
export const timer = 0x3a;
export const event = 0x52;
// The first fields of the nested messages, by wire type. They are defined in this file because
// imported constants make functions that write several of them 7 % slower.
export const bytes1 = 0x0a;
export const bytes2 = 0x12;
export const varint2 = 0x10;
export const varint3 = 0x18;
export const double2 = 0x11;
const double3 = 0x19;

/** The maximum size in bytes of the fixed parts of a message: field tags, lengths, numbers. */
export const fixedRoom = 48;
/** The expected size of a length prefix of entries and nested messages, mostly below 128 bytes. */
export const shortLengthSize = 1;

/** Writes a message with its field tag and length. */
export function writeMessage(wire: WireWriter, message: CheckedMessage): void {
  wire.reserve(fixedRoom);
  wire.byte(fieldOf(message.$case));
  const start = wire.open(shortLengthSize);
  writeMessageFields(wire, message);
  wire.close(start, shortLengthSize);
}

function fieldOf($case: CheckedMessage["$case"]): number {
  switch ($case) {
    case "log":
      return log;
    case "counter":
      return counter;
    case "gauge":
      return gauge;
    case "timer":
      return timer;
    case "event":
      return event;
  }
}

/** Writes a message's fields, without a length before them. */
export function writeMessageFields(wire: WireWriter, message: CheckedMessage): void {
  switch (message.$case) {
    case "log":
      writeLog(wire, message.payload, message.type);
      break;
    case "counter":
      writeCounter(wire, message.name, message.delta, message.total);
      break;
    case "gauge":
      writeMetrics(wire, message.metrics);
      break;
    case "timer":
      writeTimer(wire, message.name, message.start, message.stop);
      break;
    case "event":
      writeEvent(wire, message.title, message.body);
      break;
  }
  writeUnknownFields(wire, message.unknown);
}

function writeLog(wire: WireWriter, payload: Uint8Array, type: number): void {
  if (payload.length > 0) {
    wire.bytesField(bytes1, payload);
  }
  if (type === 0) {
    return;
  }
  wire.reserve(fixedRoom);
  wire.byte(varint2);
  if (type > 0) {
    wire.varint(type);
  } else {
    wire.varint64(BigInt(type));
  }
}

export function writeCounter(wire: WireWriter, name: string, delta: bigint, total: bigint): void {
  writeText(wire, bytes1, name);
  wire.reserve(fixedRoom);
  writeInt64(wire, varint2, delta);
  writeInt64(wire, varint3, total);
}

export function writeMetrics(wire: WireWriter, metrics: CheckedMetrics): void {
  const { names, unitsAndValues, unknown } = metrics;
  for (let i = 0; i < names.length; i++) {
    wire.reserve(fixedRoom);
    wire.byte(bytes1);
    const entry = wire.open(shortLengthSize);
    writeText(wire, bytes1, names[i] as string);
    wire.reserve(fixedRoom);
    wire.byte(bytes2);
    const start = wire.open(shortLengthSize);
    const unit = unitsAndValues[2 * i] as string;
    writeMetric(wire, unitsAndValues[2 * i + 1] as number, unit, unknown?.[i]);
    wire.close(start, shortLengthSize);
    wire.close(entry, shortLengthSize);
  }
}

export function writeMetric(
  wire: WireWriter,
  value: number,
  unit: string,
  unknown: readonly UnknownField[] | undefined,
): void {
  writeText(wire, bytes1, unit);
  wire.reserve(fixedRoom);
  writeDouble(wire, double2, value);
  writeUnknownFields(wire, unknown);
}

export function writeTimer(wire: WireWriter, name: string, start: bigint, stop: bigint): void {
  writeText(wire, bytes1, name);
  wire.reserve(fixedRoom);
  writeInt64(wire, varint2, start);
  writeInt64(wire, varint3, stop);
}

export function writeEvent(wire: WireWriter, title: string, body: string): void {
  writeText(wire, bytes1, title);
  writeText(wire, bytes2, body);
}

export function writeTag(wire: WireWriter, name: string, value: string): void {
  wire.reserve(fixedRoom);
  wire.byte(tagsEntry);
  const start = wire.open(shortLengthSize);
  writeText(wire, bytes1, name);
  writeText(wire, bytes2, value);
  wire.close(start, shortLengthSize);
}

export function writeDeprecatedTag(wire: WireWriter, tag: CheckedDeprecatedTag): void {
  wire.reserve(fixedRoom);
  wire.byte(deprecatedTagsEntry);
  const entry = wire.open(shortLengthSize);
  writeText(wire, bytes1, tag.name);
  wire.reserve(fixedRoom);
  wire.byte(bytes2);
  const start = wire.open(shortLengthSize);
  writeValue(wire, tag);
  wire.close(start, shortLengthSize);
  wire.close(entry, shortLengthSize);
}

export function writeValue(
  wire: WireWriter,
  { data, unknown }: Omit<CheckedDeprecatedTag, "name">,
): void {
  wire.reserve(fixedRoom);
  // A set member of a oneof is written even if it is zero.
  switch (data?.$case) {
    case "text":
      wire.stringField(bytes1, data.value);
      break;
    case "integer":
      wire.byte(varint2);
      wire.varint64(data.value);
      break;
    case "decimal":
      wire.byte(double3);
      wire.double(data.value);
      break;
  }
  writeUnknownFields(wire, unknown);
}

export function writeUnknownFields(
  wire: WireWriter,
  fields: readonly UnknownField[] | undefined,
): void {
  if (fields === undefined) {
    return;
  }
  for (const { tag, bytes } of fields) {
    wire.reserve(6);
    wire.varint(tag);
    wire.raw(bytes);
  }
}

export function writeText(wire: WireWriter, tag: number, text: string): void {
  if (text !== "") {
    wire.stringField(tag, text);
  }
}

export function writeInt64(wire: WireWriter, tag: number, value: bigint): void {
  if (value === 0n) {
    return;
  }
  wire.byte(tag);
  wire.varint64(value);
}

function writeDouble(wire: WireWriter, tag: number, value: number): void {
  // Negative zero is not the default and is written.
  if (value === 0 && !Object.is(value, -0)) {
    return;
  }
  wire.byte(tag);
  wire.double(value);
}

/** Writes the current time in UNIX nanoseconds as a varint. */
export function writeNow(wire: WireWriter): void {
  tick();
  wire.varintOfHalves(tickLower(), tickUpper());
}
