import type { Emitter, EnvelopeOptions, Timestamp } from "@loggregator/api";

/** The destination of envelopes. */
export interface Sink extends Emitter {
  /** The address. */
  readonly name: string;
  emitTimer(name: string, start: Timestamp, stop: Timestamp, options: EnvelopeOptions): void;
  emitEvent(title: string, body: string, options: EnvelopeOptions): void;
  readonly stats: { readonly sent: number; readonly dropped: number };
  /** Aborts, with the reason, if nothing can be sent. */
  readonly failed: AbortSignal;
  /**
   * Waits until the emitted envelopes have been sent, or the signal aborts. Call it to bound the
   * queue.
   */
  drain(signal: AbortSignal): Promise<void>;
  /**
   * Flushes the queue, and closes the connection.
   *
   * @throws if envelopes are known not to be delivered.
   */
  close(): Promise<void>;
}
