export type { IntervalStats, IntervalStatus, Logger } from "@loggregator/core";
export type { RuntimeEmitterOptions } from "./options.js";
export { RuntimeEmitter } from "./runtimeEmitter.js";
