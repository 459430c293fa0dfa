import {
  type HeaderCheck,
  nanosecondsArgument,
  nonEmptyString,
  stringArgument,
} from "@loggregator/core";
import { type CheckedMetrics, checkedMetrics } from "../binary/checkedFields.js";
import {
  bytes1,
  double2,
  fixedRoom,
  shortLengthSize,
  varint2,
  varint3,
} from "../binary/envelopeFields.js";
import { varintSize, WireWriter, writtenBytes } from "../binary/wire/wireWriter.js";
import {
  checkCounterOptions,
  checkEnvelopeOptions,
  checkLogOptions,
  checkPayload,
  checkTag,
  checkTags,
  checkTagsObject,
  counterArguments,
  isStdout,
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
import { type EventTags, EventTagsCache, headerOf, tagText } from "./eventTagsCache.js";

// Fields as on the wire, number << 3 | wire type.
const origin = 0x0a;
const eventType = 0x10;
const timestamp = 0x30;
const logMessage = 0x42;
const valueMetric = 0x4a;
const counterEvent = 0x52;
const containerMetricField = 0x62;
const tagsEntry = 0x8a;
// Fields of the nested messages.
const bytes3 = 0x1a;
const bytes4 = 0x22;
const bytes5 = 0x2a;
const bytes6 = 0x32;

/** The size in bytes of the buffers into which envelopes are written one after another. */
const bufferSize = 64 * 1024;

const noOptions = {};

/**
 * Writes v1 envelopes, the datagrams of a v1 client, directly from the builders' arguments without
 * creating envelopes.
 *
 * The methods return views of a buffer that later envelopes share: do not write to them. They throw
 * the same errors as the builders. Each method reads and checks all arguments before it writes, so
 * that a getter among them may use the writer as well, and both envelopes are written.
 */
export class EventWriter {
  #wire = new WireWriter(bufferSize);
  /** The end of the returned envelopes in the buffer. */
  #end = 0;
  readonly #origin: Uint8Array;
  readonly #clientTagNames: ReadonlySet<string>;
  readonly #clientTags: Uint8Array;
  /** One cache for each method, because their envelopes have different tags. */
  readonly #caches: Readonly<Record<"log" | "counter" | "gauge", EventTagsCache>>;
  // The time of the current envelope, in two halves of 32 bits.
  #lowerTime = 0;
  #upperTime = 0;

  /**
   * @param originName The sender of the envelopes. v1 requires it.
   * @param tags Tags that are added to every envelope. As in go-loggregator, and unlike in v2, they
   * override the envelope's tags of the same name.
   * @param check Called with the header of an envelope, unless it is that of the previous envelope
   * of its type. The methods throw its errors.
   * @throws OptionTypeError, OptionRangeError for an empty origin or invalid tags.
   */
  constructor(
    originName: string,
    tags: Readonly<Record<string, string>> = {},
    check?: HeaderCheck,
  ) {
    nonEmptyString("origin", originName);
    checkTagsObject("tags", tags);
    const copy = { ...tags };
    checkTags("tags", copy);
    const names = Object.keys(copy);
    this.#clientTagNames = new Set(names);
    this.#origin = writtenBytes((wire) => wire.stringField(origin, originName));
    this.#clientTags = writtenBytes((wire) => {
      for (const name of names) {
        writeTag(wire, tagsEntry, name, copy[name] as string);
      }
    });
    const checkEntry = check && ((entry: EventTags) => check(headerOf(entry, originName, copy)));
    this.#caches = {
      log: new EventTagsCache(checkEntry),
      counter: new EventTagsCache(checkEntry),
      gauge: new EventTagsCache(checkEntry),
    };
  }

  /**
   * Writes a log line as a log message, with source id, source type and instance id as fields.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  log(message: string | Uint8Array, options: LogOptions = noOptions): Uint8Array {
    checkPayload(message);
    checkLogOptions(options);
    const { stream, sourceId, sourceType, instanceId } = options;
    const { OUT, ERR } = LogMessage_MessageType;
    const messageType = isStdout(stream) ? OUT : ERR;
    if (sourceId !== undefined) {
      stringArgument("sourceId", sourceId);
    }
    if (sourceType !== undefined) {
      stringArgument("sourceType", sourceType);
    }
    if (instanceId !== undefined) {
      stringArgument("instanceId", instanceId);
    }
    const ownTags = this.#tags(options.tags, undefined, undefined);
    const tags = this.#caches.log.find(sourceId, instanceId ?? "", ownTags);
    const { length } = message;
    this.#setTime(options.timestamp);
    const wire = this.#begin(Envelope_EventType.LogMessage);
    wire.byte(logMessage);
    const size = varintSize(length + fixedRoom);
    const start = wire.open(size);
    wire.payloadField(bytes1, message);
    wire.reserve(fixedRoom);
    wire.byte(varint2);
    wire.byte(messageType);
    wire.byte(varint3);
    wire.varintOfHalves(this.#lowerTime, this.#upperTime);
    if (sourceId !== undefined) {
      wire.stringField(bytes4, sourceId);
    }
    if (sourceType !== undefined) {
      wire.stringField(bytes5, sourceType);
    }
    if (instanceId !== undefined) {
      wire.stringField(bytes6, instanceId);
    }
    wire.close(start, size);
    return this.#finish(tags, this.#caches.log);
  }

  /**
   * Writes a counter as a counter event, with source id and instance id as tags.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  counter(name: string, options: CounterOptions = noOptions): Uint8Array {
    stringArgument("name", name);
    checkCounterOptions(options);
    const { sourceId, instanceId } = options;
    const { delta, total, isTotal } = counterArguments(options);
    const ownTags = this.#tags(options.tags, sourceId, instanceId);
    const tags = this.#caches.counter.find(undefined, undefined, ownTags);
    this.#setTime(options.timestamp);
    const wire = this.#begin(Envelope_EventType.CounterEvent);
    wire.byte(counterEvent);
    const start = wire.open(shortLengthSize);
    wire.stringField(bytes1, name);
    wire.reserve(fixedRoom);
    wire.byte(varint2);
    wire.varint64(delta);
    if (isTotal) {
      wire.byte(varint3);
      wire.varint64(total);
    }
    wire.close(start, shortLengthSize);
    return this.#finish(tags, this.#caches.counter);
  }

  /**
   * Writes a gauge as one value metric for each of its metrics, or as a single container metric if
   * it has a source id, an instance id that is an index, and exactly the metrics cpu, memory, disk,
   * memory_quota and disk_quota. Source id and instance id are tags.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  gauge(metrics: GaugeMetrics, options: EnvelopeOptions = noOptions): Uint8Array[] {
    const checked = checkedMetrics(metrics);
    checkEnvelopeOptions(options);
    const { sourceId, instanceId } = options;
    const ownTags = this.#tags(options.tags, sourceId, instanceId);
    const tags = this.#caches.gauge.find(undefined, undefined, ownTags);
    const container = asContainerMetric(checked, ownTags);
    this.#setTime(options.timestamp);
    if (container !== undefined) {
      const wire = this.#begin(Envelope_EventType.ContainerMetric);
      wire.byte(containerMetricField);
      const start = wire.open(shortLengthSize);
      writeMessage(wire, containerMetricFields, container, "");
      wire.close(start, shortLengthSize);
      return [this.#finish(tags, this.#caches.gauge)];
    }
    const { names, unitsAndValues } = checked;
    return names.map((name, index) => {
      const wire = this.#begin(Envelope_EventType.ValueMetric);
      wire.byte(valueMetric);
      const start = wire.open(shortLengthSize);
      wire.stringField(bytes1, name);
      wire.reserve(fixedRoom);
      wire.byte(double2);
      wire.double(unitsAndValues[2 * index + 1] as number);
      wire.stringField(bytes3, unitsAndValues[2 * index] as string);
      wire.close(start, shortLengthSize);
      return this.#finish(tags, this.#caches.gauge);
    });
  }

  /** Sets the time. Called directly before `#begin`, as a getter that emits would change it. */
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
    // Overwrites the incomplete output of a call that threw.
    wire.position = this.#end;
    wire.raw(this.#origin);
    wire.reserve(fixedRoom);
    wire.byte(eventType);
    wire.byte(type);
    wire.byte(timestamp);
    wire.varintOfHalves(this.#lowerTime, this.#upperTime);
    return wire;
  }

  #finish(entry: EventTags, cache: EventTagsCache): Uint8Array {
    const wire = this.#wire;
    if (entry.bytes !== undefined) {
      wire.raw(entry.bytes);
    } else {
      const { tags } = entry;
      const start = wire.position;
      for (let i = 0; i < tags.length; i += 2) {
        const name = tags[i] as string;
        if (!this.#clientTagNames.has(name)) {
          writeTag(wire, tagsEntry, name, tags[i + 1] as string);
        }
      }
      wire.raw(this.#clientTags);
      cache.keep(entry, wire.bytes.subarray(start, wire.position));
    }
    const event = wire.bytes.subarray(this.#end, wire.position);
    this.#end = wire.position;
    if (wire.bytes.length - this.#end < bufferSize / 16 || wire.bytes.length > bufferSize) {
      this.#wire = new WireWriter(bufferSize);
      this.#end = 0;
    }
    return event;
  }

  /**
   * Returns the checked tags of an envelope as alternating names and values. Source id and instance
   * id replace the tags of the same name.
   */
  #tags(
    tags: EnvelopeOptions["tags"],
    sourceId: string | undefined,
    instanceId: string | undefined,
  ): readonly string[] {
    const all: string[] = [];
    if (tags !== undefined) {
      checkTagsObject("tags", tags);
      for (const name of Object.keys(tags)) {
        const value: unknown = tags[name];
        checkTag("tags", name, value);
        if (name === "source_id" && sourceId !== undefined) {
          continue;
        }
        if (name === "instance_id" && instanceId !== undefined) {
          continue;
        }
        all.push(name, value);
      }
    }
    if (sourceId !== undefined) {
      all.push("source_id", stringArgument("sourceId", sourceId));
    }
    if (instanceId !== undefined) {
      all.push("instance_id", stringArgument("instanceId", instanceId));
    }
    return all;
  }
}

function asContainerMetric(
  { names, unitsAndValues }: CheckedMetrics,
  tags: readonly string[],
): ContainerMetric | undefined {
  if (names.length !== 5) {
    return undefined;
  }
  const value = (name: string) => {
    const index = names.indexOf(name);
    return index < 0 ? undefined : (unitsAndValues[2 * index + 1] as number);
  };
  const [cpu, memory, disk] = [value("cpu"), value("memory"), value("disk")];
  const [memoryQuota, diskQuota] = [value("memory_quota"), value("disk_quota")];
  const applicationId = tagText(tags, "source_id");
  const index = instanceIndex(tagText(tags, "instance_id") ?? "");
  if (cpu === undefined || memory === undefined || disk === undefined) {
    return undefined;
  }
  if (memoryQuota === undefined || diskQuota === undefined) {
    return undefined;
  }
  if (applicationId === undefined || index === undefined) {
    return undefined;
  }
  return containerMetric(applicationId, index, { cpu, memory, disk, memoryQuota, diskQuota });
}
