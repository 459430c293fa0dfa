export type { Logger, RuntimeEmitterOptions } from "./options.js";
export { RuntimeEmitter } from "./runtimeEmitter.js";
