import { varintSize, WireWriter } from "../binary/wireWriter.js";
import {
  checkMetric,
  checkMetrics,
  checkObject,
  checkPayload,
  checkTag,
  checkTags,
  counterArguments,
  isStdout,
  metricUnit,
  nanosecondsArgument,
  textArgument,
} from "../envelope/arguments.js";
import { tick, tickLower, tickUpper } from "../envelope/nowNanoseconds.js";
import type {
  CounterOptions,
  EnvelopeOptions,
  GaugeMetrics,
  LogOptions,
} from "../envelope/options.js";
import {
  type ContainerMetric,
  Envelope_EventType,
  LogMessage_MessageType,
} from "../gen/events/events.js";
import { containerMetric, instanceIndex } from "./containerMetric.js";
import { writeMessage, writeTag } from "./encodeEvent.js";
import { containerMetricFields } from "./eventFields.js";

// Fields as on the wire, number << 3 | wire type.
const origin = 0x0a;
const eventType = 0x10;
const timestamp = 0x30;
const logMessage = 0x42;
const valueMetric = 0x4a;
const counterEvent = 0x52;
const containerMetricField = 0x62;
const tagsEntry = 0x8a;
// Of the messages within, by their wire type.
const bytes1 = 0x0a;
const varint2 = 0x10;
const double2 = 0x11;
const varint3 = 0x18;
const bytes3 = 0x1a;
const bytes4 = 0x22;
const bytes5 = 0x2a;
const bytes6 = 0x32;

/** Room for the fixed parts of a message: field tags, lengths, numbers. */
const fixedRoom = 48;
/** Messages within and entries of tags mostly are shorter than 128 bytes: their length takes one. */
const shortLengthSize = 1;
/** Envelopes are written one after another into a buffer of this size, then into a new one. */
const bufferSize = 64 * 1024;

const noOptions = {};

/**
 * Writes v1 envelopes, the datagrams of a v1 client, straight from the builders' arguments with no
 * envelope in between.
 *
 * What the methods return are views of a buffer that later envelopes share: don't write to them.
 * The methods throw what the builders throw.
 */
export class EventWriter {
  #wire = new WireWriter(bufferSize);
  /** Up to here the buffer holds envelopes that were returned. */
  #end = 0;
  readonly #origin: Uint8Array;
  readonly #clientTagNames: ReadonlySet<string>;
  readonly #clientTags: Uint8Array;
  // The time of the envelope that is being written, in two halves.
  #lowerTime = 0;
  #upperTime = 0;

  /**
   * @param originName What sends the envelopes. v1 requires it.
   * @param tags Given to every envelope, in place of tags of the same name that it has itself:
   * unlike in v2, and as in the reference.
   */
  constructor(originName: string, tags: Readonly<Record<string, string>> = {}) {
    if (textArgument("origin", originName) === "") {
      throw new RangeError('origin: expected the name of what sends, got ""');
    }
    checkTags("tags", tags);
    const names = Object.keys(tags);
    this.#clientTagNames = new Set(names);
    this.#origin = written((wire) => wire.stringField(origin, originName));
    this.#clientTags = written((wire) => {
      for (const name of names) writeTag(wire, tagsEntry, name, tags[name] as string);
    });
  }

  /** A log line as a log message. Source id, source type and instance id are its fields. */
  log(message: string | Uint8Array, options: LogOptions = noOptions): Uint8Array {
    checkPayload(message);
    checkObject("options", options);
    const { OUT, ERR } = LogMessage_MessageType;
    const messageType = isStdout(options.stream) ? OUT : ERR;
    this.#setTime(options.timestamp);
    const wire = this.#begin(Envelope_EventType.LogMessage);
    wire.byte(logMessage);
    const size = varintSize(message.length + fixedRoom);
    const start = wire.open(size);
    if (typeof message === "string") wire.stringField(bytes1, message);
    else wire.bytesField(bytes1, message);
    wire.reserve(fixedRoom);
    wire.byte(varint2);
    wire.byte(messageType);
    wire.byte(varint3);
    wire.varintOfHalves(this.#lowerTime, this.#upperTime);
    const { sourceId, sourceType, instanceId } = options;
    if (sourceId !== undefined) wire.stringField(bytes4, textArgument("sourceId", sourceId));
    if (sourceType !== undefined) wire.stringField(bytes5, textArgument("sourceType", sourceType));
    if (instanceId !== undefined) wire.stringField(bytes6, textArgument("instanceId", instanceId));
    wire.close(start, size);
    this.#writeTags(options.tags, undefined, undefined);
    return this.#finish();
  }

  /** A counter as a counter event. Source id and instance id are tags. */
  counter(name: string, options: CounterOptions = noOptions): Uint8Array {
    const { delta, total } = counterArguments(options);
    textArgument("name", name);
    this.#setTime(options.timestamp);
    const wire = this.#begin(Envelope_EventType.CounterEvent);
    wire.byte(counterEvent);
    const start = wire.open(shortLengthSize);
    wire.stringField(bytes1, name);
    wire.reserve(fixedRoom);
    wire.byte(varint2);
    wire.varint64(delta);
    if (options.total !== undefined) {
      wire.byte(varint3);
      wire.varint64(total);
    }
    wire.close(start, shortLengthSize);
    this.#writeTags(options.tags, options.sourceId, options.instanceId);
    return this.#finish();
  }

  /**
   * A gauge as one value metric for each of its metrics; but as one container metric if it has a
   * source id, an instance id that is an index, and exactly the metrics cpu, memory, disk,
   * memory_quota and disk_quota. Source id and instance id are tags.
   */
  gauge(metrics: GaugeMetrics, options: EnvelopeOptions = noOptions): Uint8Array[] {
    checkMetrics(metrics);
    checkObject("options", options);
    const names = Object.keys(metrics);
    for (const name of names) checkMetric(name, metrics[name]);
    this.#setTime(options.timestamp);
    const container = asContainerMetric(names, metrics, options);
    if (container !== undefined) {
      const wire = this.#begin(Envelope_EventType.ContainerMetric);
      wire.byte(containerMetricField);
      const start = wire.open(shortLengthSize);
      writeMessage(wire, containerMetricFields, container, "");
      wire.close(start, shortLengthSize);
      this.#writeTags(options.tags, options.sourceId, options.instanceId);
      return [this.#finish()];
    }
    return names.map((name) => {
      const { value, unit } = metrics[name] as GaugeMetrics[string];
      const wire = this.#begin(Envelope_EventType.ValueMetric);
      wire.byte(valueMetric);
      const start = wire.open(shortLengthSize);
      wire.stringField(bytes1, name);
      wire.reserve(fixedRoom);
      wire.byte(double2);
      wire.double(value);
      wire.stringField(bytes3, metricUnit(name, unit));
      wire.close(start, shortLengthSize);
      this.#writeTags(options.tags, options.sourceId, options.instanceId);
      return this.#finish();
    });
  }

  #setTime(time: EnvelopeOptions["timestamp"]): void {
    if (time !== undefined) {
      const nanoseconds = nanosecondsArgument("timestamp", time);
      this.#lowerTime = Number(BigInt.asUintN(32, nanoseconds));
      this.#upperTime = Number(BigInt.asUintN(32, nanoseconds >> 32n));
      return;
    }
    tick();
    this.#lowerTime = tickLower();
    this.#upperTime = tickUpper();
  }

  #begin(type: Envelope_EventType): WireWriter {
    const wire = this.#wire;
    // What a call that threw left behind is written over.
    wire.position = this.#end;
    wire.raw(this.#origin);
    wire.reserve(fixedRoom);
    wire.byte(eventType);
    wire.byte(type);
    wire.byte(timestamp);
    wire.varintOfHalves(this.#lowerTime, this.#upperTime);
    return wire;
  }

  #finish(): Uint8Array {
    const wire = this.#wire;
    const event = wire.bytes.subarray(this.#end, wire.position);
    this.#end = wire.position;
    if (wire.bytes.length - this.#end < bufferSize / 16 || wire.bytes.length > bufferSize) {
      this.#wire = new WireWriter(bufferSize);
      this.#end = 0;
    }
    return event;
  }

  #writeTags(tags: EnvelopeOptions["tags"], sourceId: unknown, instanceId: unknown): void {
    const wire = this.#wire;
    const ofClient = this.#clientTagNames;
    if (tags !== undefined) {
      if (typeof tags !== "object" || tags === null) checkTags("tags", tags);
      for (const name of Object.keys(tags)) {
        const value: unknown = tags[name];
        checkTag("tags", name, value);
        if (ofClient.has(name)) continue;
        if (name === "source_id" && sourceId !== undefined) continue;
        if (name === "instance_id" && instanceId !== undefined) continue;
        writeTag(wire, tagsEntry, name, value);
      }
    }
    if (sourceId !== undefined) {
      const text = textArgument("sourceId", sourceId);
      if (!ofClient.has("source_id")) writeTag(wire, tagsEntry, "source_id", text);
    }
    if (instanceId !== undefined) {
      const text = textArgument("instanceId", instanceId);
      if (!ofClient.has("instance_id")) writeTag(wire, tagsEntry, "instance_id", text);
    }
    wire.raw(this.#clientTags);
  }
}

function asContainerMetric(
  names: readonly string[],
  metrics: GaugeMetrics,
  { sourceId, instanceId, tags }: EnvelopeOptions,
): ContainerMetric | undefined {
  if (names.length !== 5) return undefined;
  const { cpu, memory, disk, memory_quota, disk_quota } = metrics;
  const applicationId = sourceId ?? tags?.["source_id"];
  const index = instanceIndex(instanceId ?? tags?.["instance_id"] ?? "");
  if (!cpu || !memory || !disk || !memory_quota || !disk_quota) return undefined;
  if (applicationId === undefined || index === undefined) return undefined;
  return containerMetric(textArgument("sourceId", applicationId), index, {
    cpu: cpu.value,
    memory: memory.value,
    disk: disk.value,
    memoryQuota: memory_quota.value,
    diskQuota: disk_quota.value,
  });
}

function written(write: (wire: WireWriter) => void): Uint8Array {
  const wire = new WireWriter(256);
  write(wire);
  return wire.bytes.slice(0, wire.position);
}
