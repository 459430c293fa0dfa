import { readTag } from "../binary/wire/readTag.js";
import { readUnknownField } from "../binary/wire/readUnknownField.js";
import { WireReader } from "../binary/wire/wireReader.js";
import { checkBytes } from "../envelope/arguments.js";
import { EnvelopeDecodeError } from "../errors.js";
import type {
  ContainerMetric,
  CounterEvent,
  Envelope,
  Error as EventError,
  HttpStartStop,
  LogMessage,
  UUID,
  ValueMetric,
} from "../gen/events/events.js";
import {
  containerMetricFields,
  counterEventFields,
  type EventMessage,
  envelopeFields,
  errorFields,
  httpStartStopFields,
  logMessageFields,
  uuidFields,
  valueMetricFields,
} from "./eventFields.js";

/**
 * Decodes one v1 envelope, the contents of a datagram.
 *
 * It accepts and rejects the same input as go-loggregator; an envelope without a required field is
 * rejected. Invalid UTF-8 in text becomes U+FFFD. A log's message and unknown fields are views of
 * `bytes`, not copies: do not write to `bytes` while they are in use.
 *
 * @throws EnvelopeDecodeError for malformed bytes or a missing required field; TypeError if `bytes`
 * is not a Uint8Array.
 */
export const decodeEvent: (bytes: Uint8Array) => Envelope = decoder(envelopeFields, readEnvelope);

/** Decoders of the messages within an envelope. */
export const eventDecoders = {
  logMessage: decoder(logMessageFields, readLogMessage),
  valueMetric: decoder(valueMetricFields, readValueMetric),
  counterEvent: decoder(counterEventFields, readCounterEvent),
  containerMetric: decoder(containerMetricFields, readContainerMetric),
  error: decoder(errorFields, readError),
  httpStartStop: decoder(httpStartStopFields, readHttpStartStop),
  uuid: decoder(uuidFields, readUuid),
};

function decoder<T extends object>(
  fields: EventMessage,
  read: (reader: WireReader) => T,
): (bytes: Uint8Array) => T {
  return (bytes) => {
    checkBytes("bytes", bytes);
    const message = read(new WireReader(bytes));
    checkRequired(fields, message, "");
    return message;
  };
}

/** Reads a length-prefixed message. */
function within<T>(
  reader: WireReader,
  read: (reader: WireReader, into: T | undefined) => T,
  into: T | undefined,
): T {
  const outerEnd = reader.enter();
  const message = read(reader, into);
  reader.end = outerEnd;
  return message;
}

// Each decoder reads up to the reader's end. A message that occurs twice is merged into the
// existing one, as protobuf specifies.

function readEnvelope(reader: WireReader): Envelope {
  const envelope: Envelope = {
    origin: undefined,
    eventType: undefined,
    timestamp: undefined,
    deployment: undefined,
    job: undefined,
    index: undefined,
    ip: undefined,
    tags: {},
  };
  while (reader.position < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 0x0a:
        envelope.origin = reader.text();
        break;
      case 0x10:
        envelope.eventType = reader.int32() as Envelope["eventType"];
        break;
      case 0x30:
        envelope.timestamp = reader.int64();
        break;
      case 0x3a:
        envelope.httpStartStop = within(reader, readHttpStartStop, envelope.httpStartStop);
        break;
      case 0x42:
        envelope.logMessage = within(reader, readLogMessage, envelope.logMessage);
        break;
      case 0x4a:
        envelope.valueMetric = within(reader, readValueMetric, envelope.valueMetric);
        break;
      case 0x52:
        envelope.counterEvent = within(reader, readCounterEvent, envelope.counterEvent);
        break;
      case 0x5a:
        envelope.error = within(reader, readError, envelope.error);
        break;
      case 0x62:
        envelope.containerMetric = within(reader, readContainerMetric, envelope.containerMetric);
        break;
      case 0x6a:
        envelope.deployment = reader.text();
        break;
      case 0x72:
        envelope.job = reader.text();
        break;
      case 0x7a:
        envelope.index = reader.text();
        break;
      case 0x82:
        envelope.ip = reader.text();
        break;
      case 0x8a:
        readTag(reader, envelope.tags);
        break;
      default:
        readUnknownField(reader, tag, envelope);
    }
  }
  return envelope;
}

function readLogMessage(reader: WireReader, log: LogMessage = {}): LogMessage {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      log.message = reader.view();
    } else if (tag === 0x10) {
      log.messageType = reader.int32() as LogMessage["messageType"];
    } else if (tag === 0x18) {
      log.timestamp = reader.int64();
    } else if (tag === 0x22) {
      log.appId = reader.text();
    } else if (tag === 0x2a) {
      log.sourceType = reader.text();
    } else if (tag === 0x32) {
      log.sourceInstance = reader.text();
    } else {
      readUnknownField(reader, tag, log);
    }
  }
  return log;
}

function readValueMetric(reader: WireReader, metric: ValueMetric = {}): ValueMetric {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      metric.name = reader.text();
    } else if (tag === 0x11) {
      metric.value = reader.double();
    } else if (tag === 0x1a) {
      metric.unit = reader.text();
    } else {
      readUnknownField(reader, tag, metric);
    }
  }
  return metric;
}

function readCounterEvent(reader: WireReader, counter: CounterEvent = {}): CounterEvent {
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

function readContainerMetric(reader: WireReader, metric: ContainerMetric = {}): ContainerMetric {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      metric.applicationId = reader.text();
    } else if (tag === 0x10) {
      metric.instanceIndex = reader.int32();
    } else if (tag === 0x19) {
      metric.cpuPercentage = reader.double();
    } else if (tag === 0x20) {
      metric.memoryBytes = reader.uint64();
    } else if (tag === 0x28) {
      metric.diskBytes = reader.uint64();
    } else if (tag === 0x30) {
      metric.memoryBytesQuota = reader.uint64();
    } else if (tag === 0x38) {
      metric.diskBytesQuota = reader.uint64();
    } else {
      readUnknownField(reader, tag, metric);
    }
  }
  return metric;
}

function readError(reader: WireReader, error: EventError = {}): EventError {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x0a) {
      error.source = reader.text();
    } else if (tag === 0x10) {
      error.code = reader.int32();
    } else if (tag === 0x1a) {
      error.message = reader.text();
    } else {
      readUnknownField(reader, tag, error);
    }
  }
  return error;
}

function readHttpStartStop(
  reader: WireReader,
  request: HttpStartStop = { requestId: undefined, forwarded: [] },
): HttpStartStop {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x08) {
      request.startTimestamp = reader.int64();
    } else if (tag === 0x10) {
      request.stopTimestamp = reader.int64();
    } else if (tag === 0x1a) {
      request.requestId = within(reader, readUuid, request.requestId);
    } else if (tag === 0x20) {
      request.peerType = reader.int32() as HttpStartStop["peerType"];
    } else if (tag === 0x28) {
      request.method = reader.int32() as HttpStartStop["method"];
    } else if (tag === 0x32) {
      request.uri = reader.text();
    } else if (tag === 0x3a) {
      request.remoteAddress = reader.text();
    } else if (tag === 0x42) {
      request.userAgent = reader.text();
    } else if (tag === 0x48) {
      request.statusCode = reader.int32();
    } else if (tag === 0x50) {
      request.contentLength = reader.int64();
    } else if (tag === 0x62) {
      request.applicationId = within(reader, readUuid, request.applicationId);
    } else if (tag === 0x68) {
      request.instanceIndex = reader.int32();
    } else if (tag === 0x72) {
      request.instanceId = reader.text();
    } else if (tag === 0x7a) {
      request.forwarded.push(reader.text());
    } else {
      readUnknownField(reader, tag, request);
    }
  }
  return request;
}

function readUuid(reader: WireReader, uuid: UUID = {}): UUID {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === 0x08) {
      uuid.low = reader.uint64();
    } else if (tag === 0x10) {
      uuid.high = reader.uint64();
    } else {
      readUnknownField(reader, tag, uuid);
    }
  }
  return uuid;
}

/**
 * Checks required fields. Called at the end: a message may occur in parts with different fields.
 */
function checkRequired({ required, messages }: EventMessage, message: object, path: string): void {
  const values = message as Record<string, unknown>;
  for (const name of required) {
    if (values[name] === undefined) {
      throw new EnvelopeDecodeError(`the required field ${path}${name} is missing`);
    }
  }
  for (const { name, kind } of messages) {
    const inner = values[name];
    if (inner !== undefined) {
      checkRequired(kind, inner as object, `${path}${name}.`);
    }
  }
}
