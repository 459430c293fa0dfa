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
  errorFields,
  httpStartStopFields,
  logMessageFields,
  uuidFields,
  valueMetricFields,
} from "./eventFields.js";

// Dropsonde's messages, with functions that are named as ts-proto names them. `encode` throws a
// TypeError and `decode` an EnvelopeDecodeError if a required field is missing.

/** One event, with the component that reports it. */
export type Envelope = GeneratedEnvelope;
export const Envelope: MessageFns<Envelope> = {
  ...messageFunctions(GeneratedEnvelope, encodeEvent, decodeEvent),
  create: (base) => Envelope.fromPartial(base ?? {}),
  fromPartial: (object) => ({
    ...GeneratedEnvelope.fromPartial(object),
    tags: mapWith(object.tags, String),
  }),
};

/** A line that a process wrote. */
export type LogMessage = GeneratedLogMessage;
export const LogMessage: MessageFns<LogMessage> = messageFunctions(
  GeneratedLogMessage,
  (message: LogMessage) => encodeEventMessage(logMessageFields, "logMessage", message),
  eventDecoders.logMessage,
);

/** A value measured at one moment. */
export type ValueMetric = GeneratedValueMetric;
export const ValueMetric: MessageFns<ValueMetric> = messageFunctions(
  GeneratedValueMetric,
  (message: ValueMetric) => encodeEventMessage(valueMetricFields, "valueMetric", message),
  eventDecoders.valueMetric,
);

/** A number that only grows. */
export type CounterEvent = GeneratedCounterEvent;
export const CounterEvent: MessageFns<CounterEvent> = messageFunctions(
  GeneratedCounterEvent,
  (message: CounterEvent) => encodeEventMessage(counterEventFields, "counterEvent", message),
  eventDecoders.counterEvent,
);

/** The resources that a container uses. */
export type ContainerMetric = GeneratedContainerMetric;
export const ContainerMetric: MessageFns<ContainerMetric> = messageFunctions(
  GeneratedContainerMetric,
  (message: ContainerMetric) =>
    encodeEventMessage(containerMetricFields, "containerMetric", message),
  eventDecoders.containerMetric,
);

/** An error in a component. */
export type EventError = GeneratedError;
export const EventError: MessageFns<EventError> = messageFunctions(
  GeneratedError,
  (message: EventError) => encodeEventMessage(errorFields, "error", message),
  eventDecoders.error,
);

/** The start and stop of an HTTP request. */
export type HttpStartStop = GeneratedHttpStartStop;
export const HttpStartStop: MessageFns<HttpStartStop> = messageFunctions(
  GeneratedHttpStartStop,
  (message: HttpStartStop) => encodeEventMessage(httpStartStopFields, "httpStartStop", message),
  eventDecoders.httpStartStop,
);

/** A UUID in two halves, each read as a little-endian number. */
export type UUID = GeneratedUUID;
export const UUID: MessageFns<UUID> = messageFunctions(
  GeneratedUUID,
  (message: UUID) => encodeEventMessage(uuidFields, "uuid", message),
  eventDecoders.uuid,
);
