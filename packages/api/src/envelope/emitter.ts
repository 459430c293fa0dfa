import type { CounterOptions, EnvelopeOptions, GaugeMetrics, LogOptions } from "./options.js";

/**
 * What can emit: the v2 `IngressClient` and the v1 `V1Client` both do, and libraries that report
 * metrics take either.
 *
 * The methods never block and never throw for what the network does. They throw for arguments
 * that can't be an envelope: `TypeError` and `RangeError`, as the builders do.
 */
export interface Emitter {
  /** Emits one log line. */
  emitLog(message: string | Uint8Array, options?: LogOptions): void;
  /** Emits one counter. */
  emitCounter(name: string, options?: CounterOptions): void;
  /** Emits values measured at one moment. */
  emitGauge(metrics: GaugeMetrics, options?: EnvelopeOptions): void;
}
