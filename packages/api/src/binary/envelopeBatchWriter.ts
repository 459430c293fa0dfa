import {
  type HeaderCheck,
  nanosecondsArgument,
  objectArgument,
  stringArgument,
} from "@loggregator/core";
import {
  checkCounterOptions,
  checkEnvelopeOptions,
  checkLogOptions,
  checkPayload,
  counterArguments,
  isStdout,
} from "../envelope/arguments.js";
import type {
  CounterOptions,
  EnvelopeOptions,
  GaugeMetrics,
  LogOptions,
  Timestamp,
} from "../envelope/options.js";
import type { Envelope } from "../gen/loggregator/v2/envelope.js";
import { HeaderCache } from "./cache/headerCache.js";
import {
  checkedDeprecatedTags,
  checkedMessage,
  checkedMetrics,
  checkedUnknownFields,
} from "./checkedFields.js";
import {
  bytes1,
  counter,
  envelopeOfBatch,
  event,
  fixedRoom,
  gauge,
  log,
  shortLengthSize,
  timer,
  timestamp as timestampTag,
  varint2,
  writeCounter,
  writeEvent,
  writeInt64,
  writeMessage,
  writeMetrics,
  writeNow,
  writeTimer,
  writeUnknownFields,
} from "./envelopeFields.js";
import { HeaderEncoder } from "./headerEncoder.js";
import { varintSize, WireWriter } from "./wire/wireWriter.js";

/** The expected size of an envelope's length prefix: two bytes for lengths from 128 to 16,383. */
const envelopeLengthSize = 2;
const initialCapacity = 4096;
/** The maximum size of a buffer that is kept for the next batch. */
const maxKeptCapacity = 1024 * 1024;

const noOptions = {};

/**
 * Writes envelopes as the bytes of an `EnvelopeBatch`, directly from the builders' arguments
 * without creating envelopes.
 *
 * The methods throw the same errors as the builders; nothing is written then. Each method reads and
 * checks all arguments before it writes, so that a getter among them may use the writer as well,
 * and both envelopes are written.
 */
export class EnvelopeBatchWriter {
  #wire = new WireWriter(initialCapacity);
  readonly #headers: HeaderEncoder;
  /** One cache for each method, because their envelopes have different tags. */
  readonly #caches = {
    log: new HeaderCache(),
    counter: new HeaderCache(),
    gauge: new HeaderCache(),
    timer: new HeaderCache(),
    event: new HeaderCache(),
    envelope: new HeaderCache(),
  };
  #count = 0;
  /** The end of the last complete envelope: incomplete output of a failed call is overwritten. */
  #end = 0;

  /**
   * @param tags Tags that are added to each envelope without a tag of that name.
   * @param check Called with the header of an envelope, unless it is the same as that of the
   * previous envelope. The methods throw its errors.
   * @throws OptionTypeError for invalid tags.
   */
  constructor(tags: Readonly<Record<string, string>> = {}, check?: HeaderCheck) {
    this.#headers = new HeaderEncoder(tags, check);
  }

  /** The number of envelopes written since the last `take()`. */
  get count(): number {
    return this.#count;
  }

  /** The number of bytes written since the last `take()`. */
  get byteLength(): number {
    return this.#end;
  }

  /**
   * Returns the batch's bytes, which belong to the caller, and starts the next batch.
   *
   * @param freeBuffer Memory that is no longer used. The bytes are copied there if they fit.
   */
  take(freeBuffer?: Uint8Array): Uint8Array {
    const bytes = this.#wire.bytes.subarray(0, this.#end);
    this.clear();
    if (freeBuffer === undefined || freeBuffer.length < bytes.length) {
      return bytes.slice();
    }
    freeBuffer.set(bytes);
    return freeBuffer.subarray(0, bytes.length);
  }

  /** Discards everything written since the last `take()`. */
  clear(): void {
    this.#end = 0;
    this.#count = 0;
    if (this.#wire.bytes.length > maxKeptCapacity) {
      this.#wire = new WireWriter(initialCapacity);
    }
  }

  /**
   * Writes the envelope that `logEnvelope(message, options)` creates.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  log(message: string | Uint8Array, options: LogOptions = noOptions): void {
    checkPayload(message);
    checkLogOptions(options);
    const { sourceType } = options;
    if (sourceType !== undefined) {
      stringArgument("sourceType", sourceType);
    }
    const stdout = isStdout(options.stream);
    const time = timeOf(options.timestamp);
    const { length } = message;
    const header = this.#header(this.#caches.log, options, sourceType);
    const wire = this.#begin(time, header);
    wire.byte(log);
    const size = varintSize(length + 4 + varintSize(length));
    const start = wire.open(size);
    if (length > 0) {
      wire.payloadField(bytes1, message);
    }
    if (!stdout) {
      wire.reserve(2);
      wire.byte(varint2);
      wire.byte(1);
    }
    wire.close(start, size);
    this.#finish();
  }

  /**
   * Writes the envelope that `counterEnvelope(name, options)` creates.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  counter(name: string, options: CounterOptions = noOptions): void {
    stringArgument("name", name);
    checkCounterOptions(options);
    const { delta, total } = counterArguments(options);
    const time = timeOf(options.timestamp);
    const header = this.#header(this.#caches.counter, options, undefined);
    const wire = this.#begin(time, header);
    wire.byte(counter);
    const start = wire.open(shortLengthSize);
    writeCounter(wire, name, delta, total);
    wire.close(start, shortLengthSize);
    this.#finish();
  }

  /**
   * Writes the envelope that `gaugeEnvelope(metrics, options)` creates.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  gauge(metrics: GaugeMetrics, options: EnvelopeOptions = noOptions): void {
    const checked = checkedMetrics(metrics);
    checkEnvelopeOptions(options);
    const time = timeOf(options.timestamp);
    const header = this.#header(this.#caches.gauge, options, undefined);
    const wire = this.#begin(time, header);
    wire.byte(gauge);
    const start = wire.open(shortLengthSize);
    writeMetrics(wire, checked);
    wire.close(start, shortLengthSize);
    this.#finish();
  }

  /**
   * Writes the envelope that `timerEnvelope(name, start, stop, options)` creates.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  timer(
    name: string,
    start: Timestamp,
    stop: Timestamp,
    options: EnvelopeOptions = noOptions,
  ): void {
    stringArgument("name", name);
    const startTime = nanosecondsArgument("start", start);
    const stopTime = nanosecondsArgument("stop", stop);
    checkEnvelopeOptions(options);
    const time = timeOf(options.timestamp);
    const header = this.#header(this.#caches.timer, options, undefined);
    const wire = this.#begin(time, header);
    wire.byte(timer);
    const messageStart = wire.open(shortLengthSize);
    writeTimer(wire, name, startTime, stopTime);
    wire.close(messageStart, shortLengthSize);
    this.#finish();
  }

  /**
   * Writes the envelope that `eventEnvelope(title, body, options)` creates.
   *
   * @throws OptionTypeError, OptionRangeError for invalid arguments.
   */
  event(title: string, body: string, options: EnvelopeOptions = noOptions): void {
    stringArgument("title", title);
    stringArgument("body", body);
    checkEnvelopeOptions(options);
    const time = timeOf(options.timestamp);
    const header = this.#header(this.#caches.event, options, undefined);
    const wire = this.#begin(time, header);
    wire.byte(event);
    const start = wire.open(shortLengthSize);
    writeEvent(wire, title, body);
    wire.close(start, shortLengthSize);
    this.#finish();
  }

  /**
   * Writes an existing envelope, including unknown fields. Undefined fields have the defaults of
   * the builders' options: the current time as the timestamp, and empty values.
   *
   * @throws OptionTypeError, OptionRangeError for an invalid field.
   */
  envelope(envelope: Envelope): void {
    objectArgument("envelope", envelope);
    const time = timeOf(envelope.timestamp);
    const { message } = envelope;
    const checked = message === undefined ? undefined : checkedMessage(message);
    const unknown = checkedUnknownFields(envelope._unknownFields);
    const deprecatedTags = checkedDeprecatedTags(envelope.deprecatedTags);
    const cache = this.#caches.envelope;
    const header =
      deprecatedTags === undefined
        ? this.#header(cache, envelope, undefined)
        : this.#headers.encode(envelope, undefined, deprecatedTags, undefined);
    const wire = this.#begin(time, header);
    if (checked !== undefined) {
      writeMessage(wire, checked);
    }
    writeUnknownFields(wire, unknown);
    this.#finish();
  }

  /**
   * Writes unknown fields of the batch itself.
   *
   * @throws OptionTypeError if they are not lists of bytes by field tag.
   */
  unknownFields(fields: Envelope["_unknownFields"]): void {
    const checked = checkedUnknownFields(fields);
    const wire = this.#wire;
    wire.position = this.#end;
    writeUnknownFields(wire, checked);
    this.#end = wire.position;
  }

  /**
   * Returns the bytes of source id, instance id and tags. They are valid until user code runs, such
   * as a getter.
   */
  #header(
    cache: HeaderCache,
    options: EnvelopeOptions,
    sourceType: string | undefined,
  ): Uint8Array {
    const { sourceId, instanceId, tags } = options;
    const bytes = cache.find(sourceId, instanceId, tags, sourceType);
    if (bytes !== undefined) {
      return bytes;
    }
    return this.#headers.encode({ sourceId, instanceId, tags }, sourceType, undefined, cache);
  }

  #begin(time: bigint | undefined, header: Uint8Array): WireWriter {
    const wire = this.#wire;
    wire.position = this.#end;
    wire.reserve(header.length + 2 * fixedRoom);
    wire.byte(envelopeOfBatch);
    wire.open(envelopeLengthSize);
    if (time === undefined) {
      wire.byte(timestampTag);
      writeNow(wire);
    } else {
      writeInt64(wire, timestampTag, time);
    }
    wire.copy(header);
    return wire;
  }

  #finish(): void {
    const wire = this.#wire;
    wire.close(this.#end + 1 + envelopeLengthSize, envelopeLengthSize);
    this.#end = wire.position;
    this.#count++;
  }
}

/** Returns a time in UNIX nanoseconds, or undefined for the current time. */
function timeOf(time: Timestamp | undefined): bigint | undefined {
  return time === undefined ? undefined : nanosecondsArgument("timestamp", time);
}
