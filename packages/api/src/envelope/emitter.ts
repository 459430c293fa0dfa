import type { CounterOptions, EnvelopeOptions, GaugeMetrics, LogOptions } from "./options.js";

/**
 * The common interface of `IngressClient` (v2) and `V1Client` (v1), for libraries that emit logs
 * and metrics.
 *
 * The methods never block, and never throw because of network failures. For invalid arguments they
 * throw the same `TypeError` or `RangeError` as the builders.
 */
export interface Emitter {
  /** Emits one log line. */
  emitLog(message: string | Uint8Array, options?: LogOptions): void;
  /** Emits one counter. */
  emitCounter(name: string, options?: CounterOptions): void;
  /** Emits values that were measured at the same time. */
  emitGauge(metrics: GaugeMetrics, options?: EnvelopeOptions): void;
}
