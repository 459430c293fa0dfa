import type { Envelope } from "@loggregator/api";

/** Counts of the envelopes of a batch by outcome. Each is counted once. */
export interface Outcome {
  /** The destination accepted them. */
  readonly sent: number;
  /** The destination refused them, or all attempts failed. */
  readonly refused: number;
  /** The destination has no form for them. */
  readonly unsupported: number;
}

/** Delivers envelopes to one destination. */
export interface Sink {
  /** The maximum useful size of a batch, in envelopes. */
  readonly batchSize: number;
  /** The maximum time in milliseconds that envelopes wait for a batch to fill. */
  readonly lingerMs: number;
  /** Failures that were followed by another attempt. */
  readonly retries: number;
  /** Records that the destination rejected from accepted requests. */
  readonly rejected: number;
  /** The last failure, if nothing was sent since. */
  readonly failure: Error | undefined;
  /** Aborts if nothing more can be sent, because the reader has closed the output. */
  readonly ended?: AbortSignal | undefined;
  /**
   * Delivers a batch, one at a time, with retries. Resolves when each envelope was sent or dropped,
   * or soon after the sink's signal aborted.
   */
  send(envelopes: readonly Envelope[]): Promise<Outcome>;
  /** Closes connections and servers. */
  close(): Promise<void>;
}

/** The options of all sinks. */
export interface SinkOptions {
  /** Drops the batch under way when it aborts. */
  readonly signal: AbortSignal;
  readonly say: (message: string) => void;
}
