import type { Envelope } from "../gen/loggregator/v2/envelope.js";
import type {
  CounterEnvelope,
  EventEnvelope,
  GaugeEnvelope,
  LogEnvelope,
  TimerEnvelope,
} from "./builders.js";

/** Whether the envelope has a log line. */
export function isLog(envelope: Envelope): envelope is LogEnvelope {
  return envelope.message?.$case === "log";
}

/** Whether the envelope has a counter. */
export function isCounter(envelope: Envelope): envelope is CounterEnvelope {
  return envelope.message?.$case === "counter";
}

/** Whether the envelope has a gauge. */
export function isGauge(envelope: Envelope): envelope is GaugeEnvelope {
  return envelope.message?.$case === "gauge";
}

/** Whether the envelope has a timer. */
export function isTimer(envelope: Envelope): envelope is TimerEnvelope {
  return envelope.message?.$case === "timer";
}

/** Whether the envelope has an event. */
export function isEvent(envelope: Envelope): envelope is EventEnvelope {
  return envelope.message?.$case === "event";
}
