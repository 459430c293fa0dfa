import type { Envelope, Selector } from "@loggregator/api";

/** Where envelopes are read from. */
export interface Source {
  /** As people know it: its address or URL. */
  readonly name: string;
  /**
   * Reads until the signal aborts, through outages.
   *
   * @throws where there is nothing to be read, now or ever: nobody there at the first try, a refusal.
   */
  read(selectors: readonly Selector[], signal: AbortSignal): AsyncIterable<Envelope[]>;
}

/** Takes what a person should know while reading goes on. */
export type Tell = (message: string) => void;
