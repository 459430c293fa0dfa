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
  optionalText,
  textArgument,
} from "../envelope/arguments.js";
import type {
  CounterOptions,
  EnvelopeOptions,
  GaugeMetrics,
  LogOptions,
  Timestamp,
} from "../envelope/options.js";
import type { Envelope } from "../gen/loggregator/v2/envelope.js";
import {
  bytes1,
  counter,
  envelopeOfBatch,
  event,
  fixedRoom,
  gauge,
  instanceId,
  log,
  shortLengthSize,
  sourceId,
  timer,
  timestamp,
  type UnknownFields,
  varint2,
  writeCounter,
  writeDeprecatedTag,
  writeEvent,
  writeInt64,
  writeMessage,
  writeMetric,
  writeNow,
  writeTag,
  writeText,
  writeTimer,
  writeUnknownFields,
} from "./envelopeFields.js";
import { HeaderCache } from "./headerCache.js";
import { varintSize, WireWriter } from "./wireWriter.js";

/** Most envelopes are 128 to 16,383 bytes long: their length takes two bytes. */
const envelopeLengthSize = 2;
const initialCapacity = 4096;
/** A buffer that one huge batch made grow beyond this is not kept for the next. */
const keptCapacity = 1024 * 1024;

const noOptions = {};

/**
 * Writes envelopes as the bytes of an `EnvelopeBatch`, straight from the builders' arguments with
 * no envelope in between. The bytes are those of the generated codec, but that negative zero is kept.
 *
 * The methods throw what the builders throw, and then have written nothing.
 */
export class EnvelopeBatchWriter {
  #wire = new WireWriter(initialCapacity);
  readonly #clientTags: Readonly<Record<string, string>>;
  readonly #clientTagNames: readonly string[];
  readonly #clientTagBytes: Uint8Array;
  /** For each kind of call its own: they differ in tags. */
  readonly #memos = {
    log: new HeaderCache(),
    counter: new HeaderCache(),
    gauge: new HeaderCache(),
    timer: new HeaderCache(),
    event: new HeaderCache(),
    envelope: new HeaderCache(),
  };
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

  /**
   * The batch's bytes, the caller's own; the writer begins the next batch.
   *
   * @param spare Memory that nobody needs any more, to be used for the bytes where they fit.
   */
  take(spare?: Uint8Array): Uint8Array {
    const bytes = this.#wire.bytes.subarray(0, this.#end);
    this.clear();
    if (spare === undefined || spare.length < bytes.length) return bytes.slice();
    spare.set(bytes);
    return spare.subarray(0, bytes.length);
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
    checkObject("options", options);
    const stdout = isStdout(options.stream);
    const { sourceType } = options;
    const wire = this.#begin(options.timestamp);
    this.#writeHead(
      this.#memos.log,
      options,
      sourceType === undefined ? undefined : textArgument("sourceType", sourceType),
    );
    const { length } = message;
    wire.byte(log);
    const size = varintSize(length + 4 + varintSize(length));
    const start = wire.open(size);
    if (length > 0) {
      if (typeof message === "string") wire.stringField(bytes1, message);
      else wire.bytesField(bytes1, message);
    }
    if (!stdout) {
      wire.reserve(2);
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
    const wire = this.#begin(options.timestamp);
    this.#writeHead(this.#memos.counter, options, undefined);
    wire.byte(counter);
    const start = wire.open(shortLengthSize);
    writeCounter(wire, name, delta, total);
    wire.close(start, shortLengthSize);
    this.#finish();
  }

  /** Writes what `gaugeEnvelope(metrics, options)` makes. */
  gauge(metrics: GaugeMetrics, options: EnvelopeOptions = noOptions): void {
    checkMetrics(metrics);
    checkObject("options", options);
    const wire = this.#begin(options.timestamp);
    this.#writeHead(this.#memos.gauge, options, undefined);
    wire.byte(gauge);
    const start = wire.open(shortLengthSize);
    for (const name of Object.keys(metrics)) {
      const metric: unknown = metrics[name];
      checkMetric(name, metric);
      writeMetric(wire, name, metric.value, metricUnit(name, metric.unit), undefined);
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
    checkObject("options", options);
    const wire = this.#begin(options.timestamp);
    this.#writeHead(this.#memos.timer, options, undefined);
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
    checkObject("options", options);
    const wire = this.#begin(options.timestamp);
    this.#writeHead(this.#memos.event, options, undefined);
    wire.byte(event);
    const start = wire.open(shortLengthSize);
    writeEvent(wire, title, body);
    wire.close(start, shortLengthSize);
    this.#finish();
  }

  /**
   * Writes an envelope that is already made, unknown fields included. What it leaves undefined is
   * as with the builders' options: the timestamp is now, the rest is empty.
   */
  envelope(envelope: Envelope): void {
    checkObject("envelope", envelope);
    const wire = this.#begin(envelope.timestamp);
    const { deprecatedTags, message } = envelope;
    if (deprecatedTags !== undefined) checkObject("deprecatedTags", deprecatedTags);
    if (deprecatedTags === undefined || isEmpty(deprecatedTags)) {
      this.#writeHead(this.#memos.envelope, envelope, undefined);
    } else {
      this.#writeIds(envelope);
      for (const name of Object.keys(deprecatedTags)) {
        writeDeprecatedTag(wire, name, deprecatedTags[name]);
      }
      this.#writeTags(envelope.tags, undefined);
    }
    if (message !== undefined) writeMessage(wire, message);
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

  #begin(at: Timestamp | undefined): WireWriter {
    const wire = this.#wire;
    wire.position = this.#end;
    wire.reserve(fixedRoom);
    wire.byte(envelopeOfBatch);
    wire.open(envelopeLengthSize);
    if (at === undefined) {
      wire.byte(timestamp);
      writeNow(wire);
    } else {
      writeInt64(wire, timestamp, nanosecondsArgument("timestamp", at));
    }
    return wire;
  }

  /** Writes source id, instance id and tags. */
  #writeHead(memo: HeaderCache, options: EnvelopeOptions, sourceType: string | undefined): void {
    const wire = this.#wire;
    if (memo.matches(options, sourceType)) {
      wire.raw(memo.bytes);
      wire.reserve(fixedRoom);
      return;
    }
    const start = wire.position;
    this.#writeIds(options);
    this.#writeTags(options.tags, sourceType);
    memo.keep(options, sourceType, wire.bytes.subarray(start, wire.position));
  }

  #writeIds(options: EnvelopeOptions): void {
    writeText(this.#wire, sourceId, optionalText("sourceId", options.sourceId));
    writeText(this.#wire, instanceId, optionalText("instanceId", options.instanceId));
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
      if (typeof tags !== "object" || tags === null || Array.isArray(tags)) checkTags("tags", tags);
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

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}
