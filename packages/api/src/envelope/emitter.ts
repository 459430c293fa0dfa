import type { CounterOptions, EnvelopeOptions, GaugeMetrics, LogOptions } from "./options.js";

/**
 * The interface that the v2 `IngressClient` and the v1 `V1Client` share. Libraries that report
 * metrics accept either.
 *
 * The methods never block, and never throw because of network failures. For invalid arguments they
 * throw the same `TypeError` or `RangeError` as the builders.
 */
export interface Emitter {
  /** Emits one log line. */
  emitLog(message: string | Uint8Array, options?: LogOptions): void;
  /** Emits one counter. */
  emitCounter(name: string, options?: CounterOptions): void;
  /** Emits values measured at one moment. */
  emitGauge(metrics: GaugeMetrics, options?: EnvelopeOptions): void;
}
