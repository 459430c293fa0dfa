import { mapWith } from "@loggregator/core";
import { messageFunctions } from "../binary/messageFunctions.js";
import {
  ContainerMetric as GeneratedContainerMetric,
  CounterEvent as GeneratedCounterEvent,
  Envelope as GeneratedEnvelope,
  Error as GeneratedError,
  HttpStartStop as GeneratedHttpStartStop,
  LogMessage as GeneratedLogMessage,
  UUID as GeneratedUUID,
  ValueMetric as GeneratedValueMetric,
  type MessageFns,
} from "../gen/events/events.js";
import { decodeEvent, eventDecoders } from "./decodeEvent.js";
import { encodeEvent, encodeEventMessage } from "./encodeEvent.js";
import {
  containerMetricFields,
  counterEventFields,
  type EventMessage,
  errorFields,
  httpStartStopFields,
  logMessageFields,
  uuidFields,
  valueMetricFields,
} from "./eventFields.js";

// Dropsonde's messages, with functions that are named as ts-proto names them. `encode` throws a
// TypeError and `decode` an EnvelopeDecodeError if a required field is missing.

/** An event, with its type and the fields that all types share. */
export type Envelope = GeneratedEnvelope;
export const Envelope: MessageFns<Envelope> = {
  ...messageFunctions(GeneratedEnvelope, encodeEvent, decodeEvent),
  create: (base) => Envelope.fromPartial(base ?? {}),
  fromPartial: (object) => ({
    ...GeneratedEnvelope.fromPartial(object),
    tags: mapWith(object.tags, String),
  }),
};

/** A line that a process has written. */
export type LogMessage = GeneratedLogMessage;
export const LogMessage: MessageFns<LogMessage> = withCodec(
  GeneratedLogMessage,
  "logMessage",
  logMessageFields,
  eventDecoders.logMessage,
);

/** A measured value. */
export type ValueMetric = GeneratedValueMetric;
export const ValueMetric: MessageFns<ValueMetric> = withCodec(
  GeneratedValueMetric,
  "valueMetric",
  valueMetricFields,
  eventDecoders.valueMetric,
);

/** A count that only increases. */
export type CounterEvent = GeneratedCounterEvent;
export const CounterEvent: MessageFns<CounterEvent> = withCodec(
  GeneratedCounterEvent,
  "counterEvent",
  counterEventFields,
  eventDecoders.counterEvent,
);

/** The resource use of an app's container. */
export type ContainerMetric = GeneratedContainerMetric;
export const ContainerMetric: MessageFns<ContainerMetric> = withCodec(
  GeneratedContainerMetric,
  "containerMetric",
  containerMetricFields,
  eventDecoders.containerMetric,
);

/** An error that a component reports. */
export type EventError = GeneratedError;
export const EventError: MessageFns<EventError> = withCodec(
  GeneratedError,
  "error",
  errorFields,
  eventDecoders.error,
);

/** The start and the end of an HTTP request. */
export type HttpStartStop = GeneratedHttpStartStop;
export const HttpStartStop: MessageFns<HttpStartStop> = withCodec(
  GeneratedHttpStartStop,
  "httpStartStop",
  httpStartStopFields,
  eventDecoders.httpStartStop,
);

/** A UUID in two halves, each read as a little-endian number. */
export type UUID = GeneratedUUID;
export const UUID: MessageFns<UUID> = withCodec(
  GeneratedUUID,
  "uuid",
  uuidFields,
  eventDecoders.uuid,
);

function withCodec<T extends object>(
  generated: MessageFns<T>,
  name: string,
  fields: EventMessage,
  decode: (bytes: Uint8Array) => T,
): MessageFns<T> {
  return messageFunctions(
    generated,
    (message: T) => encodeEventMessage(fields, name, message),
    decode,
  );
}
