/** Takes what an emitter has to say. `console` is one, and so is a pino logger. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** How a runtime emitter emits. */
export interface RuntimeEmitterOptions {
  /** How long it is from one gauge to the next, in milliseconds, at most 2^31 - 1. Default: 10,000. */
  readonly intervalMs?: number | undefined;
  /** The source id of every envelope. Default: "". */
  readonly sourceId?: string | undefined;
  /** Ends all measuring and emitting at once when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Told, as an error, when the emitter threw. Default: silent. */
  readonly logger?: Logger | undefined;
}
