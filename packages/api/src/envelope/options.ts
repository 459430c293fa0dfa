/** A point in time: UNIX nanoseconds or a `Date`. */
export type Timestamp = bigint | Date;

/** Options of every envelope. */
export interface EnvelopeOptions {
  /**
   * The source: an app's GUID or a component's name. If it is empty, an agent sets it to the tag
   * `origin`.
   *
   * @default ""
   */
  readonly sourceId?: string | undefined;
  /**
   * The instance of the source, most often its index.
   *
   * @default ""
   */
  readonly instanceId?: string | undefined;
  /**
   * The tags of the envelope. In v2 clients, they override client tags of the same name.
   *
   * @default none
   */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * The time of the log line, metric or event.
   *
   * @default now
   */
  readonly timestamp?: Timestamp | undefined;
}

/** Options of a log line. */
export interface LogOptions extends EnvelopeOptions {
  /**
   * The stream to which the process has written the line.
   *
   * @default "stderr", as in go-loggregator
   */
  readonly stream?: "stdout" | "stderr" | undefined;
  /**
   * The part of the source that has written the line, such as `APP/PROC/WEB`: the tag
   * `source_type`.
   *
   * @default none
   */
  readonly sourceType?: string | undefined;
}

/** Options of a counter: either `delta` or `total`. */
export interface CounterOptions extends EnvelopeOptions {
  /**
   * The increase: an integer from 0 to 2^64 - 1.
   *
   * @default 1
   */
  readonly delta?: bigint | number | undefined;
  /**
   * The total: an integer from 0 to 2^64 - 1. If it is set, the delta is 0.
   *
   * @default none: the agent adds up the deltas
   */
  readonly total?: bigint | number | undefined;
}

/** A gauge's values by name, as in `{ cpu: { value: 3, unit: "percentage" } }`. */
export type GaugeMetrics = Readonly<
  Record<string, { readonly value: number; readonly unit?: string | undefined }>
>;
