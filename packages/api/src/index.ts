export type { Emitter } from "./emitter.js";
export * from "./gen/loggregator/v2/egress.js";
export type {
  CounterOptions,
  EnvelopeOptions,
  GaugeMetrics,
  LogOptions,
  Timestamp,
} from "./options.js";
