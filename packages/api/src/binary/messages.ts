import { mapWith } from "@loggregator/core";
import { newEnvelope } from "../envelope/newEnvelope.js";
import {
  Counter as GeneratedCounter,
  Envelope as GeneratedEnvelope,
  EnvelopeBatch as GeneratedEnvelopeBatch,
  Event as GeneratedEvent,
  Gauge as GeneratedGauge,
  GaugeValue as GeneratedGaugeValue,
  Log as GeneratedLog,
  Timer as GeneratedTimer,
  Value as GeneratedValue,
  type MessageFns,
} from "../gen/loggregator/v2/envelope.js";
import { checkedDeprecatedTags, checkedMessage, checkedMetrics } from "./checkedFields.js";
import { decodeEnvelope, decodeEnvelopeBatch, messageDecoders } from "./decodeEnvelopeBatch.js";
import { encodeEnvelope, encodeEnvelopeBatch } from "./encodeEnvelopeBatch.js";
import { writeMessageFields, writeMetric, writeValue } from "./envelopeFields.js";
import { messageFunctions } from "./messageFunctions.js";
import { writtenBytes } from "./wire/wireWriter.js";

// The messages of envelopes, with functions that are named as ts-proto names them: `create`,
// `fromPartial`, `encode` and `decode`. `decode` throws an EnvelopeDecodeError for malformed bytes.

/** A log line, a metric or an event. */
export type Envelope = GeneratedEnvelope;
export const Envelope: MessageFns<Envelope> = {
  ...messageFunctions(GeneratedEnvelope, encodeEnvelope, decodeEnvelope),
  create: (base) => Envelope.fromPartial(base ?? {}),
  fromPartial(object) {
    const { timestamp, sourceId, instanceId, message } = GeneratedEnvelope.fromPartial(object);
    if (message?.$case === "gauge" && object.message?.$case === "gauge") {
      message.value = Gauge.fromPartial(object.message.value ?? {});
    }
    const deprecatedTags = mapWith(object.deprecatedTags, Value.fromPartial);
    const tags = mapWith(object.tags, String);
    return newEnvelope(timestamp, sourceId, instanceId, deprecatedTags, tags, message);
  },
};

/** Envelopes that are sent in one message. */
export type EnvelopeBatch = GeneratedEnvelopeBatch;
export const EnvelopeBatch: MessageFns<EnvelopeBatch> = {
  ...messageFunctions(GeneratedEnvelopeBatch, encodeEnvelopeBatch, decodeEnvelopeBatch),
  create: (base) => EnvelopeBatch.fromPartial(base ?? {}),
  fromPartial: ({ batch = [] }) => ({ batch: batch.map(Envelope.fromPartial) }),
};

/** The typed value of a deprecated tag. */
export type Value = GeneratedValue;
export const Value: MessageFns<Value> = messageFunctions(
  GeneratedValue,
  (value) =>
    writtenBytes((wire) => {
      for (const tag of checkedDeprecatedTags({ value }) ?? []) {
        writeValue(wire, tag);
      }
    }),
  messageDecoders.value,
);

/** A line that a process has written. */
export type Log = GeneratedLog;
export const Log: MessageFns<Log> = messageFunctions(
  GeneratedLog,
  (value) => encodeMessage({ $case: "log", value }),
  messageDecoders.log,
);

/** A count that only increases. */
export type Counter = GeneratedCounter;
export const Counter: MessageFns<Counter> = messageFunctions(
  GeneratedCounter,
  (value) => encodeMessage({ $case: "counter", value }),
  messageDecoders.counter,
);

/** Values that were measured at the same time. */
export type Gauge = GeneratedGauge;
export const Gauge: MessageFns<Gauge> = {
  ...messageFunctions(
    GeneratedGauge,
    (value) => encodeMessage({ $case: "gauge", value }),
    messageDecoders.gauge,
  ),
  create: (base) => Gauge.fromPartial(base ?? {}),
  fromPartial: ({ metrics }) => ({ metrics: mapWith(metrics, GaugeValue.fromPartial) }),
};

/** One value of a gauge. */
export type GaugeValue = GeneratedGaugeValue;
export const GaugeValue: MessageFns<GaugeValue> = messageFunctions(
  GeneratedGaugeValue,
  (value) =>
    writtenBytes((wire) => {
      const { unitsAndValues, unknown } = checkedMetrics({ value });
      const [unit, number] = unitsAndValues;
      writeMetric(wire, number as number, unit as string, unknown?.[0]);
    }),
  messageDecoders.gaugeValue,
);

/** The start and the end of an operation, such as an HTTP request. */
export type Timer = GeneratedTimer;
export const Timer: MessageFns<Timer> = messageFunctions(
  GeneratedTimer,
  (value) => encodeMessage({ $case: "timer", value }),
  messageDecoders.timer,
);

/** A noteworthy occurrence, described in text. */
export type Event = GeneratedEvent;
export const Event: MessageFns<Event> = messageFunctions(
  GeneratedEvent,
  (value) => encodeMessage({ $case: "event", value }),
  messageDecoders.event,
);

function encodeMessage(message: NonNullable<Envelope["message"]>): Uint8Array {
  const checked = checkedMessage(message);
  return writtenBytes((wire) => writeMessageFields(wire, checked));
}
