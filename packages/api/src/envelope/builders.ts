import { nanosecondsArgument, setOwn, stringArgument } from "@loggregator/core";
import {
  type Counter,
  type Envelope,
  type Event,
  type Gauge,
  type GaugeValue,
  type Log,
  Log_Type,
  type Timer,
} from "../gen/loggregator/v2/envelope.js";
import {
  checkCounterOptions,
  checkEnvelopeOptions,
  checkLogOptions,
  checkMetric,
  checkMetrics,
  checkPayload,
  checkTag,
  checkTagsObject,
  counterArguments,
  isStdout,
  metricUnit,
  metricValue,
  optionalText,
} from "./arguments.js";
import { newEnvelope } from "./newEnvelope.js";
import { nowNanoseconds } from "./nowNanoseconds.js";
import type {
  CounterOptions,
  EnvelopeOptions,
  GaugeMetrics,
  LogOptions,
  Timestamp,
} from "./options.js";

/** An envelope with a log line. */
export type LogEnvelope = Envelope & { message: { $case: "log"; value: Log } };
/** An envelope with a counter. */
export type CounterEnvelope = Envelope & { message: { $case: "counter"; value: Counter } };
/** An envelope with a gauge. */
export type GaugeEnvelope = Envelope & { message: { $case: "gauge"; value: Gauge } };
/** An envelope with a timer. */
export type TimerEnvelope = Envelope & { message: { $case: "timer"; value: Timer } };
/** An envelope with an event. */
export type EventEnvelope = Envelope & { message: { $case: "event"; value: Event } };

const utf8 = new TextEncoder();

/**
 * Creates an envelope with one log line.
 *
 * @param message The line without its line end. Text is encoded as UTF-8; bytes are not copied.
 * @throws TypeError, RangeError for invalid arguments.
 */
export function logEnvelope(message: string | Uint8Array, options: LogOptions = {}): LogEnvelope {
  checkPayload(message);
  checkLogOptions(options);
  const { stream, sourceType } = options;
  const type = isStdout(stream) ? Log_Type.OUT : Log_Type.ERR;
  const payload = typeof message === "string" ? utf8.encode(message) : message;
  const envelope = wrap(options, { $case: "log", value: { payload, type } });
  if (sourceType !== undefined) {
    envelope.tags["source_type"] = stringArgument("sourceType", sourceType);
  }
  return envelope;
}

/**
 * Creates an envelope with a counter: an increase by one, by `delta`, or a `total`.
 *
 * @throws TypeError, RangeError for invalid arguments, such as both `delta` and `total`, or a
 * number that is negative, fractional or above 2^64 - 1.
 */
export function counterEnvelope(name: string, options: CounterOptions = {}): CounterEnvelope {
  checkCounterOptions(options);
  stringArgument("name", name);
  const { delta, total } = counterArguments(options);
  const value = { name, delta, total };
  return wrap(options, { $case: "counter", value });
}

/**
 * Creates an envelope with values that were measured at the same time.
 *
 * @param metrics The values by name: `{ cpu: { value: 3, unit: "percentage" } }`. The unit is
 * optional.
 * @throws TypeError, RangeError for invalid arguments.
 */
export function gaugeEnvelope(metrics: GaugeMetrics, options: EnvelopeOptions = {}): GaugeEnvelope {
  checkMetrics(metrics);
  checkEnvelopeOptions(options);
  const copy: Record<string, GaugeValue> = {};
  for (const name of Object.keys(metrics)) {
    const metric: unknown = metrics[name];
    checkMetric(name, metric);
    const value = metricValue(name, metric.value);
    setOwn(copy, name, { unit: metricUnit(name, metric.unit), value });
  }
  return wrap(options, { $case: "gauge", value: { metrics: copy } });
}

/**
 * Creates an envelope with the duration of an operation.
 *
 * @param start The start of the operation.
 * @param stop The end of the operation.
 * @throws TypeError, RangeError for invalid arguments.
 */
export function timerEnvelope(
  name: string,
  start: Timestamp,
  stop: Timestamp,
  options: EnvelopeOptions = {},
): TimerEnvelope {
  checkEnvelopeOptions(options);
  const value = {
    name: stringArgument("name", name),
    start: nanosecondsArgument("start", start),
    stop: nanosecondsArgument("stop", stop),
  };
  return wrap(options, { $case: "timer", value });
}

/**
 * Creates an envelope with an event.
 *
 * @throws TypeError, RangeError for invalid arguments.
 */
export function eventEnvelope(
  title: string,
  body: string,
  options: EnvelopeOptions = {},
): EventEnvelope {
  checkEnvelopeOptions(options);
  const value = { title: stringArgument("title", title), body: stringArgument("body", body) };
  return wrap(options, { $case: "event", value });
}

function wrap<M extends NonNullable<Envelope["message"]>>(
  options: EnvelopeOptions,
  message: M,
): Envelope & { message: M } {
  const { sourceId, instanceId, tags, timestamp } = options;
  const ownTags = { ...tags };
  if (tags !== undefined) {
    checkTagsObject("tags", tags);
    // The copy is checked, because a getter may return another value the second time.
    for (const name of Object.keys(ownTags)) {
      checkTag("tags", name, ownTags[name]);
    }
  }
  return newEnvelope(
    timestamp === undefined ? nowNanoseconds() : nanosecondsArgument("timestamp", timestamp),
    optionalText("sourceId", sourceId),
    optionalText("instanceId", instanceId),
    {},
    ownTags,
    message,
  );
}
