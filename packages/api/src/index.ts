export { decodeEnvelopeBatch } from "./binary/decodeEnvelopeBatch.js";
export { encodeEnvelopeBatch } from "./binary/encodeEnvelopeBatch.js";
export { EnvelopeBatchWriter } from "./binary/envelopeBatchWriter.js";
export { Envelope, EnvelopeBatch, Gauge } from "./binary/messages.js";
export { EgressDefinition, IngressDefinition } from "./binary/services.js";
export {
  type CounterEnvelope,
  counterEnvelope,
  type EventEnvelope,
  eventEnvelope,
  type GaugeEnvelope,
  gaugeEnvelope,
  type LogEnvelope,
  logEnvelope,
  type TimerEnvelope,
  timerEnvelope,
} from "./envelope/builders.js";
export type { Emitter } from "./envelope/emitter.js";
export { isCounter, isEvent, isGauge, isLog, isTimer } from "./envelope/guards.js";
export type {
  CounterOptions,
  EnvelopeOptions,
  GaugeMetrics,
  LogOptions,
  Timestamp,
} from "./envelope/options.js";
export {
  type CounterSelectorOptions,
  type GaugeSelectorOptions,
  type SelectorOptions,
  selectAll,
  selectCounter,
  selectEvent,
  selectGauge,
  selectLog,
  selectTimer,
} from "./envelope/selectors.js";
export { EnvelopeDecodeError } from "./errors.js";
export {
  CounterSelector,
  EgressBatchRequest,
  EgressRequest,
  EventSelector,
  GaugeSelector,
  LogSelector,
  Selector,
  TimerSelector,
} from "./gen/loggregator/v2/egress.js";
export {
  Counter,
  Event,
  GaugeValue,
  Log,
  Log_Type,
  Timer,
  Value,
} from "./gen/loggregator/v2/envelope.js";
export {
  BatchSenderResponse,
  IngressResponse,
  SendResponse,
} from "./gen/loggregator/v2/ingress.js";
export { type FormatOptions, formatEnvelopeBatch } from "./json/formatEnvelopeBatch.js";
export { parseEnvelopeBatch } from "./json/parseEnvelopeBatch.js";
