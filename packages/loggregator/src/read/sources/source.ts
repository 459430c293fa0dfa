import type { Envelope, Selector } from "@loggregator/api";
import type { OnOutage } from "../../outage.js";

/** Options of `Source.read`. */
export interface SourceReadOptions {
  /** Called when the connection is lost after it was open, and when it is recovered. */
  readonly onOutage?: OnOutage | undefined;
  /**
   * A source that keeps envelopes begins with those from this time on, in nanoseconds since the UNIX
   * epoch. Default: with new ones.
   */
  readonly since?: bigint | undefined;
}

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
  read(
    selectors: readonly Selector[],
    signal: AbortSignal,
    options?: SourceReadOptions,
  ): AsyncIterable<Envelope[]>;
}

/** Prints a message to the user. */
export type Say = (message: string) => void;
