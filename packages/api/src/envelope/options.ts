/** A moment: UNIX time in nanoseconds, or a `Date`. */
export type Timestamp = bigint | Date;

/** What every envelope can be given, whatever it says. */
export interface EnvelopeOptions {
  /** What the envelope is about: an app's GUID or a component's name. Default: "", which an agent replaces by the tag `origin`. */
  readonly sourceId?: string | undefined;
  /** Which instance of the source. Default: "". */
  readonly instanceId?: string | undefined;
  /** Free annotations. On a client they are added to the client's own, and win over a client tag of the same name. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** When it happened. Default: now. */
  readonly timestamp?: Timestamp | undefined;
}

/** Options of a log line. */
export interface LogOptions extends EnvelopeOptions {
  /** Which of its streams the process wrote to. Default: "stderr", as in go-loggregator. */
  readonly stream?: "stdout" | "stderr" | undefined;
  /** What in the source wrote it, `APP/PROC/WEB` for example: the tag `source_type`. */
  readonly sourceType?: string | undefined;
}

/** Options of a counter: how much it grew, or what it is in all, not both. */
export interface CounterOptions extends EnvelopeOptions {
  /** By how much it grew: a whole number from 0 to 2^64 - 1. Default: 1. */
  readonly delta?: bigint | number | undefined;
  /** What it is in all: a whole number from 0 to 2^64 - 1. The delta is then 0. */
  readonly total?: bigint | number | undefined;
}

/** A gauge's values by name, as in `{ cpu: { value: 3, unit: "percentage" } }`. */
export type GaugeMetrics = Readonly<
  Record<string, { readonly value: number; readonly unit?: string | undefined }>
>;
