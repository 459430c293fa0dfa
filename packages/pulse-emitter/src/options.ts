/** Takes what an emitter has to say. `console` is one, and so is a pino logger. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** How a pulse emitter emits. */
export interface PulseEmitterOptions {
  /** How long it is from one pulse to the next, in milliseconds, at most 2^31 - 1. Default: 60,000. */
  readonly pulseIntervalMs?: number | undefined;
  /** The source id of every envelope. Default: "". */
  readonly sourceId?: string | undefined;
  /** Ends the pulses at once when it aborts, without a last one. For a last one, use `close()`. */
  readonly signal?: AbortSignal | undefined;
  /** Told, as an error, of each metric that the emitter threw at. Default: silent. */
  readonly logger?: Logger | undefined;
}

/** What the envelopes of one metric carry besides its value. */
export interface MetricOptions {
  /** Becomes the tag `metric_version`, written "major.minor", over a tag of that name. Default: no such tag. */
  readonly version?: MetricVersion | undefined;
  /** Given to every envelope of the metric. Default: none. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** Which edition of a metric this is: both are whole numbers from 0. */
export interface MetricVersion {
  readonly major: number;
  readonly minor: number;
}
