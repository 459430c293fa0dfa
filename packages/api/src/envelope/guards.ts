import type { Envelope } from "../gen/loggregator/v2/envelope.js";
import type {
  CounterEnvelope,
  EventEnvelope,
  GaugeEnvelope,
  LogEnvelope,
  TimerEnvelope,
} from "./builders.js";

/** Returns true if the envelope contains a log line. */
export function isLog(envelope: Envelope): envelope is LogEnvelope {
  return envelope.message?.$case === "log";
}

/** Returns true if the envelope contains a counter. */
export function isCounter(envelope: Envelope): envelope is CounterEnvelope {
  return envelope.message?.$case === "counter";
}

/** Returns true if the envelope contains a gauge. */
export function isGauge(envelope: Envelope): envelope is GaugeEnvelope {
  return envelope.message?.$case === "gauge";
}

/** Returns true if the envelope contains a timer. */
export function isTimer(envelope: Envelope): envelope is TimerEnvelope {
  return envelope.message?.$case === "timer";
}

/** Returns true if the envelope contains an event. */
export function isEvent(envelope: Envelope): envelope is EventEnvelope {
  return envelope.message?.$case === "event";
}
