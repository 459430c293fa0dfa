export { checkEnvelopes } from "./binary/checkEnvelopes.js";
export { decodeEnvelopeBatch } from "./binary/decodeEnvelopeBatch.js";
export { encodeEnvelopeBatch } from "./binary/encodeEnvelopeBatch.js";
export { EnvelopeBatchWriter } from "./binary/envelopeBatchWriter.js";
export {
  Counter,
  Envelope,
  EnvelopeBatch,
  Event,
  Gauge,
  GaugeValue,
  Log,
  Timer,
  Value,
} from "./binary/messages.js";
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
export { checkSelector } from "./envelope/checkSelector.js";
export type { Emitter } from "./envelope/emitter.js";
export { isCounter, isEvent, isGauge, isLog, isTimer } from "./envelope/guards.js";
export { logText } from "./envelope/logText.js";
export { newEnvelope } from "./envelope/newEnvelope.js";
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
export { toDate } from "./envelope/toDate.js";
export { valueText } from "./envelope/valueText.js";
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
export { Log_Type } from "./gen/loggregator/v2/envelope.js";
export {
  BatchSenderResponse,
  IngressResponse,
  SendResponse,
} from "./gen/loggregator/v2/ingress.js";
export { type FormatOptions, formatEnvelope } from "./json/formatEnvelope.js";
export { formatEnvelopeBatch } from "./json/formatEnvelopeBatch.js";
export { parseEnvelopeBatch } from "./json/parseEnvelopeBatch.js";
export { type EnvelopeJson, toJson } from "./json/toJson.js";
