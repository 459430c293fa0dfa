import type { Emitter, EnvelopeOptions, Timestamp } from "@loggregator/api";

/** Where envelopes are emitted to. */
export interface Sink extends Emitter {
  /** As people know it: an address. */
  readonly name: string;
  emitTimer(name: string, start: Timestamp, stop: Timestamp, options: EnvelopeOptions): void;
  emitEvent(title: string, body: string, options: EnvelopeOptions): void;
  readonly stats: { readonly sent: number; readonly dropped: number };
  /** Aborts, with the reason, where it is of no use to go on. */
  readonly failed: AbortSignal;
  /** Waits until what was emitted is on its way, so that little waits here. Ends early when the signal aborts. */
  drain(signal: AbortSignal): Promise<void>;
  /**
   * Sends what waits and ends.
   *
   * @throws where not all of it was delivered, as far as that can be known.
   */
  close(): Promise<void>;
}
