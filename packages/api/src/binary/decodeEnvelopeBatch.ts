import { setOwn } from "@loggregator/core";
import { checkBytes } from "../envelope/arguments.js";
import { newEnvelope } from "../envelope/newEnvelope.js";
import type {
  Counter,
  Envelope,
  EnvelopeBatch,
  Event,
  Gauge,
  GaugeValue,
  Log,
  Timer,
  Value,
} from "../gen/loggregator/v2/envelope.js";
import { endOfLastTags, endOfTags, findTags, keepTags, lastTags } from "./cache/tagsCache.js";
import { readTag } from "./wire/readTag.js";
import { readUnknownField } from "./wire/readUnknownField.js";
import { WireReader } from "./wire/wireReader.js";

/**
 * Decodes a batch from protobuf's binary form.
 *
 * It accepts and rejects the same input as go-loggregator, with one exception: invalid UTF-8 in
 * text becomes U+FFFD, so that a malformed tag does not invalidate the whole batch. The payloads of
 * logs and unknown fields are views of `bytes`, not copies: do not write to `bytes` while they are
 * in use.
 *
 * @throws EnvelopeDecodeError for malformed bytes; TypeError if `bytes` is not a Uint8Array.
 */
export function decodeEnvelopeBatch(bytes: Uint8Array): EnvelopeBatch {
  checkBytes("bytes", bytes);
  const reader = new WireReader(bytes);
  const batch: EnvelopeBatch = { batch: [] };
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      const outerEnd = reader.enter();
      batch.batch.push(readEnvelope(reader));
      reader.end = outerEnd;
    } else {
      readUnknownField(reader, tag, batch);
    }
  }
  return batch;
}

/** Decodes one envelope from protobuf's binary form, in the same way as `decodeEnvelopeBatch`. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  checkBytes("bytes", bytes);
  return readEnvelope(new WireReader(bytes));
}

/** Decoders of the messages within an envelope. */
export const messageDecoders = {
  value: decoder(readDeprecatedTag),
  log: decoder(readLog),
  counter: decoder(readCounter),
  gauge: decoder(readGauge),
  gaugeValue: decoder(readGaugeValue),
  timer: decoder(readTimer),
  event: decoder(readEvent),
};

function decoder<T>(read: (reader: WireReader) => T): (bytes: Uint8Array) => T {
  return (bytes) => {
    checkBytes("bytes", bytes);
    return read(new WireReader(bytes));
  };
}

// Each decoder reads up to the reader's end. A message that occurs twice is merged into the
// existing one, as protobuf specifies.

function readEnvelope(reader: WireReader): Envelope {
  const envelope: Envelope = newEnvelope(0n, "", "", {}, noTags, undefined);
  while (reader.position < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 0x08:
        envelope.timestamp = reader.int64();
        break;
      case 0x12:
        envelope.sourceId = reader.text();
        break;
      case 0x42:
        envelope.instanceId = reader.text();
        break;
      case 0x1a:
        readEntry(reader, envelope.deprecatedTags, readDeprecatedTag, emptyValue);
        break;
      case 0x4a:
        if (envelope.tags === noTags) {
          envelope.tags = readTags(reader);
        } else {
          readTag(reader, envelope.tags);
        }
        break;
      case 0x22: {
        const outerEnd = reader.enter();
        envelope.message = { $case: "log", value: readLog(reader, present(envelope, "log")) };
        reader.end = outerEnd;
        break;
      }
      case 0x2a: {
        const outerEnd = reader.enter();
        const value = readCounter(reader, present(envelope, "counter"));
        envelope.message = { $case: "counter", value };
        reader.end = outerEnd;
        break;
      }
      case 0x32: {
        const outerEnd = reader.enter();
        envelope.message = { $case: "gauge", value: readGauge(reader, present(envelope, "gauge")) };
        reader.end = outerEnd;
        break;
      }
      case 0x3a: {
        const outerEnd = reader.enter();
        envelope.message = { $case: "timer", value: readTimer(reader, present(envelope, "timer")) };
        reader.end = outerEnd;
        break;
      }
      case 0x52: {
        const outerEnd = reader.enter();
        envelope.message = { $case: "event", value: readEvent(reader, present(envelope, "event")) };
        reader.end = outerEnd;
        break;
      }
      default:
        readUnknownField(reader, tag, envelope);
    }
  }
  if (envelope.tags === noTags) {
    envelope.tags = {};
  }
  return envelope;
}

/** The placeholder for tags that have not been read yet. It is never returned. */
const noTags: Record<string, string> = {};

type MessageOf = { log: Log; counter: Counter; gauge: Gauge; timer: Timer; event: Event };

function present<C extends keyof MessageOf>(
  envelope: Envelope,
  which: C,
): MessageOf[C] | undefined {
  const { message } = envelope;
  return message?.$case === which ? (message.value as MessageOf[C]) : undefined;
}

function readLog(reader: WireReader, log: Log = { payload: noBytes, type: 0 }): Log {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      log.payload = reader.view();
    }
    // An enum may contain numbers that have no name yet.
    else if (tag === 0x10) {
      log.type = reader.int32() as Log["type"];
    } else {
      readUnknownField(reader, tag, log);
    }
  }
  return log;
}

function readCounter(
  reader: WireReader,
  counter: Counter = { name: "", delta: 0n, total: 0n },
): Counter {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      counter.name = reader.text();
    } else if (tag === 0x10) {
      counter.delta = reader.uint64();
    } else if (tag === 0x18) {
      counter.total = reader.uint64();
    } else {
      readUnknownField(reader, tag, counter);
    }
  }
  return counter;
}

function readGauge(reader: WireReader, gauge: Gauge = { metrics: {} }): Gauge {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      readEntry(reader, gauge.metrics, readGaugeValue, emptyGaugeValue);
    } else {
      readUnknownField(reader, tag, gauge);
    }
  }
  return gauge;
}

function readGaugeValue(reader: WireReader, metric: GaugeValue = emptyGaugeValue()): GaugeValue {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      metric.unit = reader.text();
    } else if (tag === 0x11) {
      metric.value = reader.double();
    } else {
      readUnknownField(reader, tag, metric);
    }
  }
  return metric;
}

function readTimer(reader: WireReader, timer: Timer = { name: "", start: 0n, stop: 0n }): Timer {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      timer.name = reader.text();
    } else if (tag === 0x10) {
      timer.start = reader.int64();
    } else if (tag === 0x18) {
      timer.stop = reader.int64();
    } else {
      readUnknownField(reader, tag, timer);
    }
  }
  return timer;
}

function readEvent(reader: WireReader, event: Event = { title: "", body: "" }): Event {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      event.title = reader.text();
    } else if (tag === 0x12) {
      event.body = reader.text();
    } else {
      readUnknownField(reader, tag, event);
    }
  }
  return event;
}

function readDeprecatedTag(reader: WireReader, value: Value = emptyValue()): Value {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      value.data = { $case: "text", value: reader.text() };
    } else if (tag === 0x10) {
      value.data = { $case: "integer", value: reader.int64() };
    } else if (tag === 0x19) {
      value.data = { $case: "decimal", value: reader.double() };
    } else {
      readUnknownField(reader, tag, value);
    }
  }
  return value;
}

/** Reads consecutive tags, after the first one's field tag. */
function readTags(reader: WireReader): Record<string, string> {
  const { bytes, dataView, end } = reader;
  const start = reader.position - 1;
  const endOfLast = endOfLastTags(bytes, dataView, start, end);
  if (endOfLast > start) {
    reader.position = endOfLast;
    return lastTags();
  }
  const endOfRun = endOfTags(bytes, start, end);
  if (endOfRun > start) {
    const tags = findTags(dataView, start, endOfRun);
    if (tags !== undefined) {
      reader.position = endOfRun;
      return tags;
    }
  }
  const read: Record<string, string> = {};
  readTag(reader, read);
  while (reader.position < endOfRun) {
    reader.tag();
    readTag(reader, read);
  }
  if (endOfRun > start) {
    keepTags(bytes, dataView, start, endOfRun, read);
  }
  return read;
}

function readEntry<T>(
  reader: WireReader,
  map: Record<string, T>,
  read: (reader: WireReader, into: T | undefined) => T,
  empty: () => T,
): void {
  const outerEnd = reader.enter();
  let key = "";
  let value: T | undefined;
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      key = reader.text();
    } else if (tag === 0x12) {
      const endOfEntry = reader.enter();
      value = read(reader, value);
      reader.end = endOfEntry;
    } else {
      reader.skip(tag);
    }
  }
  reader.end = outerEnd;
  setOwn(map, key, value ?? empty());
}

const noBytes = new Uint8Array();
const emptyValue = (): Value => ({ data: undefined });
const emptyGaugeValue = (): GaugeValue => ({ unit: "", value: 0 });
