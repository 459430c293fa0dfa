import type { Envelope, Selector } from "@loggregator/api";

/** The source of envelopes. */
export interface Source {
  /** What it is, for messages: `the gateway`. */
  readonly kind: string;
  /** The address or URL. */
  readonly name: string;
  /**
   * Reads until the signal aborts, through outages.
   *
   * @throws if the first connection fails, and if the server refuses the request.
   */
  read(selectors: readonly Selector[], signal: AbortSignal): AsyncIterable<Envelope[]>;
}

/** Prints a message for people while reading goes on. */
export type Say = (message: string) => void;
