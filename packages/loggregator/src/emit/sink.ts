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
  /** Waits until what was emitted has been handed on, or the signal aborts: it bounds the queue. */
  drain(signal: AbortSignal): Promise<void>;
  /**
   * Sends what is queued, and closes the connection.
   *
   * @throws if something was not delivered, as far as that can be known.
   */
  close(): Promise<void>;
}
