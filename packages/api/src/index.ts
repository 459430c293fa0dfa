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
} from "./builders.js";
export { decodeEnvelopeBatch } from "./decode.js";
export type { Emitter } from "./emitter.js";
export { encodeEnvelopeBatch } from "./encode.js";
export { EnvelopeBatchWriter } from "./envelopeBatchWriter.js";
export { EnvelopeDecodeError } from "./errors.js";
export { type FormatOptions, formatEnvelopeBatch } from "./formatJson.js";
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
export { isCounter, isEvent, isGauge, isLog, isTimer } from "./guards.js";
export { Envelope, EnvelopeBatch, Gauge } from "./messages.js";
export type {
  CounterOptions,
  EnvelopeOptions,
  GaugeMetrics,
  LogOptions,
  Timestamp,
} from "./options.js";
export { parseEnvelopeBatch } from "./parseJson.js";
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
} from "./selectors.js";
export { EgressDefinition, IngressDefinition } from "./services.js";
