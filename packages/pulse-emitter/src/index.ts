export type { IntervalStats, IntervalStatus, Logger } from "@loggregator/core";
export type { CounterMetric } from "./counterMetric.js";
export type { GaugeMetric } from "./gaugeMetric.js";
export type { MetricOptions, MetricVersion, PulseEmitterOptions } from "./options.js";
export { PulseEmitter } from "./pulseEmitter.js";
