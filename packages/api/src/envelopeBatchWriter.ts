import {
  checkMetric,
  checkMetrics,
  checkPayload,
  checkTag,
  checkTags,
  counterArguments,
  describe,
  isStdout,
  nanosecondsArgument,
  optionalText,
  textArgument,
  uint64Argument,
} from "./arguments.js";
import { tick, tickNanoseconds } from "./clock.js";
import type { Envelope, Log, Value } from "./gen/loggregator/v2/envelope.js";
import type {
  CounterOptions,
  EnvelopeOptions,
  GaugeMetrics,
  LogOptions,
  Timestamp,
} from "./options.js";
import { varintSize, WireWriter } from "./wireWriter.js";

// Fields as on the wire, number << 3 | wire type.
const envelopeOfBatch = 0x0a;
const timestamp = 0x08;
const sourceId = 0x12;
const instanceId = 0x42;
const deprecatedTagsEntry = 0x1a;
const tagsEntry = 0x4a;
const log = 0x22;
const counter = 0x2a;
const gauge = 0x32;
const timer = 0x3a;
const event = 0x52;
// Of the messages within: the first two fields, by their wire type.
const bytes1 = 0x0a;
const bytes2 = 0x12;
const varint2 = 0x10;
const varint3 = 0x18;
const double2 = 0x11;
const double3 = 0x19;

/** Room for the fixed parts of a message: field tags, lengths, numbers. */
const fixedRoom = 48;
/** Most envelopes are 128 to 16,383 bytes long: their length takes two bytes. */
const envelopeLengthSize = 2;
/** Most entries and messages within are shorter than 128 bytes: theirs takes one. */
const shortLengthSize = 1;

const initialCapacity = 4096;
/** A buffer that one huge batch made grow beyond this is not kept for the next. */
const keptCapacity = 1024 * 1024;

const noOptions = {};

/**
 * Writes envelopes as the bytes of an `EnvelopeBatch`, straight from the builders' arguments with
 * no envelope in between. The bytes are those of the generated codec.
 *
 * The methods throw what the builders throw, and then have written nothing.
 */
export class EnvelopeBatchWriter {
  #wire = new WireWriter(initialCapacity);
  readonly #clientTags: Readonly<Record<string, string>>;
  readonly #clientTagNames: readonly string[];
  readonly #clientTagBytes: Uint8Array;
  #count = 0;
  /** Up to here envelopes are whole. What a call that threw left behind it is written over. */
  #end = 0;

  /** @param tags Given to every envelope that has no tag of that name itself. */
  constructor(tags: Readonly<Record<string, string>> = {}) {
    checkTags("tags", tags);
    this.#clientTags = { ...tags };
    this.#clientTagNames = Object.keys(tags);
    const wire = new WireWriter(256);
    for (const name of this.#clientTagNames) writeTag(wire, name, tags[name] as string);
    this.#clientTagBytes = wire.bytes.slice(0, wire.position);
  }

  /** How many envelopes have been written since the last `take()`. */
  get count(): number {
    return this.#count;
  }

  /** How many bytes have been written since the last `take()`. */
  get byteLength(): number {
    return this.#end;
  }

  /** The batch's bytes, the caller's own; the writer begins the next batch. */
  take(): Uint8Array {
    const bytes = this.#wire.bytes.slice(0, this.#end);
    this.clear();
    return bytes;
  }

  /** Forgets what was written since the last `take()`. */
  clear(): void {
    this.#end = 0;
    this.#count = 0;
    if (this.#wire.bytes.length > keptCapacity) this.#wire = new WireWriter(initialCapacity);
  }

  /** Writes what `logEnvelope(message, options)` makes. */
  log(message: string | Uint8Array, options: LogOptions = noOptions): void {
    checkPayload(message);
    const stdout = isStdout(options.stream);
    const wire = this.#begin(options);
    const { sourceType } = options;
    this.#writeTags(
      options.tags,
      sourceType === undefined ? undefined : textArgument("sourceType", sourceType),
    );
    const { length } = message;
    wire.reserve(3 * length + fixedRoom);
    wire.byte(log);
    const size = varintSize(length + 4 + varintSize(length));
    const start = wire.open(size);
    if (length > 0) {
      if (typeof message === "string") wire.stringField(bytes1, message);
      else wire.bytesField(bytes1, message);
    }
    if (!stdout) {
      wire.byte(varint2);
      wire.byte(1);
    }
    wire.close(start, size);
    this.#finish();
  }

  /** Writes what `counterEnvelope(name, options)` makes. */
  counter(name: string, options: CounterOptions = noOptions): void {
    const { delta, total } = counterArguments(options);
    textArgument("name", name);
    const wire = this.#begin(options);
    this.#writeTags(options.tags, undefined);
    wire.byte(counter);
    const start = wire.open(shortLengthSize);
    writeCounter(wire, name, delta, total);
    wire.close(start, shortLengthSize);
    this.#finish();
  }

  /** Writes what `gaugeEnvelope(metrics, options)` makes. */
  gauge(metrics: GaugeMetrics, options: EnvelopeOptions = noOptions): void {
    checkMetrics(metrics);
    const wire = this.#begin(options);
    this.#writeTags(options.tags, undefined);
    wire.byte(gauge);
    const start = wire.open(shortLengthSize);
    for (const name of Object.keys(metrics)) {
      const metric: unknown = metrics[name];
      checkMetric(name, metric);
      writeMetric(wire, name, metric.value, optionalText("unit", metric.unit), undefined);
    }
    wire.close(start, shortLengthSize);
    this.#finish();
  }

  /** Writes what `timerEnvelope(name, start, stop, options)` makes. */
  timer(
    name: string,
    start: Timestamp,
    stop: Timestamp,
    options: EnvelopeOptions = noOptions,
  ): void {
    textArgument("name", name);
    const startNanoseconds = nanosecondsArgument("start", start);
    const stopNanoseconds = nanosecondsArgument("stop", stop);
    const wire = this.#begin(options);
    this.#writeTags(options.tags, undefined);
    wire.byte(timer);
    const at = wire.open(shortLengthSize);
    writeTimer(wire, name, startNanoseconds, stopNanoseconds);
    wire.close(at, shortLengthSize);
    this.#finish();
  }

  /** Writes what `eventEnvelope(title, body, options)` makes. */
  event(title: string, body: string, options: EnvelopeOptions = noOptions): void {
    textArgument("title", title);
    textArgument("body", body);
    const wire = this.#begin(options);
    this.#writeTags(options.tags, undefined);
    wire.byte(event);
    const start = wire.open(shortLengthSize);
    writeEvent(wire, title, body);
    wire.close(start, shortLengthSize);
    this.#finish();
  }

  /** Writes an envelope that is already made, unknown fields included. */
  envelope(envelope: Envelope): void {
    const wire = this.#begin(envelope);
    for (const name of Object.keys(envelope.deprecatedTags)) {
      writeDeprecatedTag(wire, name, envelope.deprecatedTags[name] as Value);
    }
    this.#writeTags(envelope.tags, undefined);
    writeMessage(wire, envelope.message);
    writeUnknownFields(wire, envelope._unknownFields);
    this.#finish();
  }

  /** Writes unknown fields of the batch itself. */
  unknownFields(fields: UnknownFields): void {
    const wire = this.#wire;
    wire.position = this.#end;
    writeUnknownFields(wire, fields);
    this.#end = wire.position;
  }

  #begin(options: EnvelopeOptions): WireWriter {
    const wire = this.#wire;
    wire.position = this.#end;
    wire.reserve(fixedRoom);
    wire.byte(envelopeOfBatch);
    wire.open(envelopeLengthSize);
    if (options.timestamp === undefined) {
      wire.byte(timestamp);
      writeNow(wire);
    } else {
      writeInt64(wire, timestamp, nanosecondsArgument("timestamp", options.timestamp));
    }
    writeText(wire, sourceId, optionalText("sourceId", options.sourceId));
    writeText(wire, instanceId, optionalText("instanceId", options.instanceId));
    return wire;
  }

  #finish(): void {
    const wire = this.#wire;
    wire.close(this.#end + 1 + envelopeLengthSize, envelopeLengthSize);
    this.#end = wire.position;
    this.#count++;
  }

  #writeTags(tags: EnvelopeOptions["tags"], sourceType: string | undefined): void {
    const wire = this.#wire;
    let names: readonly string[] = [];
    if (tags !== undefined) {
      if (typeof tags !== "object" || tags === null) checkTags("tags", tags);
      names = Object.keys(tags);
    }
    this.#writeClientTags(names, sourceType !== undefined);
    for (const name of names) {
      if (sourceType !== undefined && name === "source_type") continue;
      const value: unknown = (tags as Record<string, unknown>)[name];
      checkTag("tags", name, value);
      writeTag(wire, name, value);
    }
    if (sourceType !== undefined) writeTag(wire, "source_type", sourceType);
    wire.reserve(fixedRoom);
  }

  #writeClientTags(own: readonly string[], ownSourceType: boolean): void {
    if (this.#clientTagNames.length === 0) return;
    const isOwn = (name: string) => own.includes(name) || (ownSourceType && name === "source_type");
    if (!this.#clientTagNames.some(isOwn)) {
      this.#wire.raw(this.#clientTagBytes);
      return;
    }
    for (const name of this.#clientTagNames) {
      if (!isOwn(name)) writeTag(this.#wire, name, this.#clientTags[name] as string);
    }
  }
}

type UnknownFields = Envelope["_unknownFields"];

function writeMessage(wire: WireWriter, message: Envelope["message"]): void {
  if (message === undefined) return;
  wire.reserve(fixedRoom);
  const fieldTag = { log, counter, gauge, timer, event }[message.$case];
  if (fieldTag === undefined) {
    throw new TypeError(
      `message.$case: expected "log", "counter", "gauge", "timer" or "event", got ${describe(message.$case)}`,
    );
  }
  wire.byte(fieldTag);
  const start = wire.open(shortLengthSize);
  switch (message.$case) {
    case "log":
      writeLog(wire, message.value);
      break;
    case "counter": {
      const { name, delta, total } = message.value;
      writeCounter(
        wire,
        name,
        uint64Argument("counter.delta", delta),
        uint64Argument("counter.total", total),
      );
      break;
    }
    case "gauge":
      for (const [name, metric] of Object.entries(message.value.metrics)) {
        checkMetric(name, metric);
        writeMetric(wire, name, metric.value, metric.unit, metric._unknownFields);
      }
      break;
    case "timer": {
      const { name, start, stop } = message.value;
      writeTimer(
        wire,
        name,
        nanosecondsArgument("timer.start", start),
        nanosecondsArgument("timer.stop", stop),
      );
      break;
    }
    case "event":
      writeEvent(wire, message.value.title, message.value.body);
      break;
  }
  writeUnknownFields(wire, message.value._unknownFields);
  wire.close(start, shortLengthSize);
}

function writeLog(wire: WireWriter, { payload, type }: Log): void {
  if (payload.length > 0) wire.bytesField(bytes1, payload);
  if (type !== 0) writeInt64(wire, varint2, BigInt(type));
}

function writeCounter(wire: WireWriter, name: string, delta: bigint, total: bigint): void {
  writeText(wire, bytes1, name);
  wire.reserve(fixedRoom);
  writeInt64(wire, varint2, delta);
  writeInt64(wire, varint3, total);
}

function writeMetric(
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

function writeTimer(wire: WireWriter, name: string, start: bigint, stop: bigint): void {
  writeText(wire, bytes1, name);
  wire.reserve(fixedRoom);
  writeInt64(wire, varint2, start);
  writeInt64(wire, varint3, stop);
}

function writeEvent(wire: WireWriter, title: string, body: string): void {
  writeText(wire, bytes1, title);
  writeText(wire, bytes2, body);
}

function writeTag(wire: WireWriter, name: string, value: string): void {
  wire.reserve(fixedRoom);
  wire.byte(tagsEntry);
  const start = wire.open(shortLengthSize);
  writeText(wire, bytes1, name);
  writeText(wire, bytes2, value);
  wire.close(start, shortLengthSize);
}

function writeDeprecatedTag(wire: WireWriter, name: string, { data, ...rest }: Value): void {
  wire.reserve(fixedRoom);
  wire.byte(deprecatedTagsEntry);
  const entry = wire.open(shortLengthSize);
  writeText(wire, bytes1, name);
  wire.reserve(fixedRoom);
  wire.byte(bytes2);
  const start = wire.open(shortLengthSize);
  // Which one of the oneof is set counts, so that zeros are written too.
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
  writeUnknownFields(wire, rest._unknownFields);
  wire.close(start, shortLengthSize);
  wire.close(entry, shortLengthSize);
}

function writeUnknownFields(wire: WireWriter, fields: UnknownFields): void {
  if (fields === undefined) return;
  for (const [tag, values] of Object.entries(fields)) {
    for (const value of values) {
      wire.reserve(6);
      wire.varint(Number(tag));
      wire.raw(value);
    }
  }
}

function writeText(wire: WireWriter, tag: number, text: string): void {
  if (text !== "") wire.stringField(tag, text);
}

function writeInt64(wire: WireWriter, tag: number, value: bigint): void {
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

/** The present moment in nanoseconds as a varint, with no bigint made: `milliseconds * 10^6` in two halves. */
function writeNow(wire: WireWriter): void {
  const milliseconds = tick();
  const lowPart = (milliseconds % 0x1_0000_0000) * 1_000_000 + tickNanoseconds();
  const upper =
    Math.floor(milliseconds / 0x1_0000_0000) * 1_000_000 + Math.floor(lowPart / 0x1_0000_0000);
  wire.varintOfHalves(lowPart % 0x1_0000_0000, upper);
}
