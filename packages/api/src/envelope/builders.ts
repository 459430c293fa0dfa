import { setOwn } from "@loggregator/core";
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
  checkMetric,
  checkMetrics,
  checkObject,
  checkPayload,
  checkTags,
  counterArguments,
  isStdout,
  metricUnit,
  nanosecondsArgument,
  optionalText,
  textArgument,
} from "./arguments.js";
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
 * An envelope with one log line.
 *
 * @param message The line without its line end; text is sent as UTF-8, bytes are taken as they are and not copied.
 * @throws TypeError, RangeError for arguments that can't be an envelope.
 */
export function logEnvelope(message: string | Uint8Array, options: LogOptions = {}): LogEnvelope {
  checkPayload(message);
  checkObject("options", options);
  const type = isStdout(options.stream) ? Log_Type.OUT : Log_Type.ERR;
  const payload = typeof message === "string" ? utf8.encode(message) : message;
  const envelope = wrap(options, { $case: "log", value: { payload, type } });
  if (options.sourceType !== undefined) {
    envelope.tags["source_type"] = textArgument("sourceType", options.sourceType);
  }
  return envelope;
}

/**
 * An envelope with a counter: one more by default, `delta` more, or `total` in all.
 *
 * @throws TypeError, RangeError for arguments that can't be an envelope: both `delta` and
 * `total`, a negative or fractional number, one beyond 2^64 - 1.
 */
export function counterEnvelope(name: string, options: CounterOptions = {}): CounterEnvelope {
  const value = { name: textArgument("name", name), ...counterArguments(options) };
  return wrap(options, { $case: "counter", value });
}

/**
 * An envelope with values measured at one moment.
 *
 * @param metrics The values by name: `{ cpu: { value: 3, unit: "percentage" } }`. The unit is "" where left out.
 * @throws TypeError, RangeError for arguments that can't be an envelope.
 */
export function gaugeEnvelope(metrics: GaugeMetrics, options: EnvelopeOptions = {}): GaugeEnvelope {
  checkMetrics(metrics);
  const copy: Record<string, GaugeValue> = {};
  for (const name of Object.keys(metrics)) {
    const metric: unknown = metrics[name];
    checkMetric(name, metric);
    setOwn(copy, name, { unit: metricUnit(name, metric.unit), value: metric.value });
  }
  return wrap(options, { $case: "gauge", value: { metrics: copy } });
}

/**
 * An envelope with how long something took.
 *
 * @param start When it began.
 * @param stop When it ended.
 * @throws TypeError, RangeError for arguments that can't be an envelope.
 */
export function timerEnvelope(
  name: string,
  start: Timestamp,
  stop: Timestamp,
  options: EnvelopeOptions = {},
): TimerEnvelope {
  const value = {
    name: textArgument("name", name),
    start: nanosecondsArgument("start", start),
    stop: nanosecondsArgument("stop", stop),
  };
  return wrap(options, { $case: "timer", value });
}

/**
 * An envelope with something that happened.
 *
 * @throws TypeError, RangeError for arguments that can't be an envelope.
 */
export function eventEnvelope(
  title: string,
  body: string,
  options: EnvelopeOptions = {},
): EventEnvelope {
  const value = { title: textArgument("title", title), body: textArgument("body", body) };
  return wrap(options, { $case: "event", value });
}

function wrap<M extends NonNullable<Envelope["message"]>>(
  options: EnvelopeOptions,
  message: M,
): Envelope & { message: M } {
  checkObject("options", options);
  const { sourceId, instanceId, tags, timestamp } = options;
  if (tags !== undefined) checkTags("tags", tags);
  return {
    timestamp:
      timestamp === undefined ? nowNanoseconds() : nanosecondsArgument("timestamp", timestamp),
    sourceId: optionalText("sourceId", sourceId),
    instanceId: optionalText("instanceId", instanceId),
    deprecatedTags: {},
    tags: { ...tags },
    message,
  };
}
