import {
  checkMetric,
  checkMetrics,
  checkObject,
  describe,
  isBytes,
  metricUnit,
  nanosecondsArgument,
  textArgument,
  uint64Argument,
} from "../envelope/arguments.js";
import { tick, tickLower, tickUpper } from "../envelope/nowNanoseconds.js";
import type { Envelope, Log, Value } from "../gen/loggregator/v2/envelope.js";
import type { WireWriter } from "./wireWriter.js";

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
// Of the messages within: the first two fields, by their wire type.
export const bytes1 = 0x0a;
const bytes2 = 0x12;
export const varint2 = 0x10;
const varint3 = 0x18;
const double2 = 0x11;
const double3 = 0x19;

/** Room for the fixed parts of a message: field tags, lengths, numbers. */
export const fixedRoom = 48;
/** Most entries and messages within are shorter than 128 bytes: theirs takes one. */
export const shortLengthSize = 1;

export type UnknownFields = Envelope["_unknownFields"];

export function writeMessage(wire: WireWriter, message: NonNullable<Envelope["message"]>): void {
  checkObject("message", message);
  wire.reserve(fixedRoom);
  wire.byte(fieldOf(message.$case));
  const start = wire.open(shortLengthSize);
  checkObject(message.$case, message.value);
  switch (message.$case) {
    case "log":
      writeLog(wire, message.value);
      break;
    case "counter": {
      const { name, delta, total } = message.value;
      writeCounter(
        wire,
        textArgument("counter.name", name),
        uint64Argument("counter.delta", delta),
        uint64Argument("counter.total", total),
      );
      break;
    }
    case "gauge": {
      const { metrics } = message.value;
      checkMetrics(metrics);
      for (const name of Object.keys(metrics)) {
        const metric = metrics[name];
        checkMetric(name, metric);
        writeMetric(wire, name, metric.value, metricUnit(name, metric.unit), metric._unknownFields);
      }
      break;
    }
    case "timer": {
      const { name, start, stop } = message.value;
      writeTimer(
        wire,
        textArgument("timer.name", name),
        nanosecondsArgument("timer.start", start),
        nanosecondsArgument("timer.stop", stop),
      );
      break;
    }
    case "event": {
      const { title, body } = message.value;
      writeEvent(wire, textArgument("event.title", title), textArgument("event.body", body));
      break;
    }
  }
  writeUnknownFields(wire, message.value._unknownFields);
  wire.close(start, shortLengthSize);
}

function fieldOf($case: NonNullable<Envelope["message"]>["$case"]): number {
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
    default:
      throw new TypeError(
        `message.$case: expected "log", "counter", "gauge", "timer" or "event", got ${describe($case)}`,
      );
  }
}

function writeLog(wire: WireWriter, { payload, type }: Log): void {
  if (!isBytes(payload)) {
    throw new TypeError(`log.payload: expected a Uint8Array, got ${describe(payload)}`);
  }
  if (payload.length > 0) wire.bytesField(bytes1, payload);
  // An enum may hold numbers that have no name yet.
  if ((type | 0) !== type) {
    throw new RangeError(`log.type: expected a whole number of 32 bits, got ${describe(type)}`);
  }
  if (type === 0) return;
  wire.reserve(fixedRoom);
  wire.byte(varint2);
  if (type > 0) wire.varint(type);
  else wire.varint64(BigInt(type));
}

export function writeCounter(wire: WireWriter, name: string, delta: bigint, total: bigint): void {
  writeText(wire, bytes1, name);
  wire.reserve(fixedRoom);
  writeInt64(wire, varint2, delta);
  writeInt64(wire, varint3, total);
}

export function writeMetric(
  wire: WireWriter,
  name: string,
  value: number,
  unit: string,
  unknownFields: UnknownFields,
): void {
  wire.reserve(fixedRoom);
  wire.byte(bytes1);
  const entry = wire.open(shortLengthSize);
  writeText(wire, bytes1, name);
  wire.reserve(fixedRoom);
  wire.byte(bytes2);
  const start = wire.open(shortLengthSize);
  writeText(wire, bytes1, unit);
  wire.reserve(fixedRoom);
  writeDouble(wire, double2, value);
  writeUnknownFields(wire, unknownFields);
  wire.close(start, shortLengthSize);
  wire.close(entry, shortLengthSize);
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

export function writeDeprecatedTag(wire: WireWriter, name: string, tag: Value | undefined): void {
  if (typeof tag !== "object" || tag === null) throw notOfTag(name, "an object", tag);
  wire.reserve(fixedRoom);
  wire.byte(deprecatedTagsEntry);
  const entry = wire.open(shortLengthSize);
  writeText(wire, bytes1, name);
  wire.reserve(fixedRoom);
  wire.byte(bytes2);
  const start = wire.open(shortLengthSize);
  const { data } = tag;
  // Which one of the oneof is set counts, so that zeros are written too.
  switch (data?.$case) {
    case "text":
      if (typeof data.value !== "string") throw notOfTag(name, "a string", data.value);
      wire.stringField(bytes1, data.value);
      break;
    case "integer":
      if (typeof data.value !== "bigint" || BigInt.asIntN(64, data.value) !== data.value) {
        throw notOfTag(name, "a bigint within an int64", data.value);
      }
      wire.byte(varint2);
      wire.varint64(data.value);
      break;
    case "decimal":
      if (typeof data.value !== "number") throw notOfTag(name, "a number", data.value);
      wire.byte(double3);
      wire.double(data.value);
      break;
    default: {
      const other = (data as { $case: unknown } | undefined)?.$case;
      if (other !== undefined) {
        throw notOfTag(name, '$case "text", "integer" or "decimal"', other);
      }
    }
  }
  writeUnknownFields(wire, tag._unknownFields);
  wire.close(start, shortLengthSize);
  wire.close(entry, shortLengthSize);
}

function notOfTag(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(
    `deprecatedTags[${JSON.stringify(name)}]: expected ${expected}, got ${describe(value)}`,
  );
}

export function writeUnknownFields(wire: WireWriter, fields: UnknownFields): void {
  if (fields === undefined) return;
  for (const [tag, values] of Object.entries(fields)) {
    for (const value of values) {
      wire.reserve(6);
      wire.varint(Number(tag));
      wire.raw(value);
    }
  }
}

export function writeText(wire: WireWriter, tag: number, text: string): void {
  if (text !== "") wire.stringField(tag, text);
}

export function writeInt64(wire: WireWriter, tag: number, value: bigint): void {
  if (value === 0n) return;
  wire.byte(tag);
  wire.varint64(value);
}

function writeDouble(wire: WireWriter, tag: number, value: number): void {
  // Negative zero is not the default and is written.
  if (value === 0 && !Object.is(value, -0)) return;
  wire.byte(tag);
  wire.double(value);
}

/** The present moment in nanoseconds as a varint. */
export function writeNow(wire: WireWriter): void {
  tick();
  wire.varintOfHalves(tickLower(), tickUpper());
}
