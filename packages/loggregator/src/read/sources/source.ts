import type { Envelope, Selector } from "@loggregator/api";

/** The source of envelopes. */
export interface Source {
  /** The kind of source, for messages: `the gateway`. */
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

/** Prints a message to the user. */
export type Say = (message: string) => void;
