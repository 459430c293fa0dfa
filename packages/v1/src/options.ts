import type { Logger } from "./logger.js";

/** How a v1 client sends. */
export interface V1ClientOptions {
  /** What sends: the `origin` of every envelope. v1 requires it. */
  readonly origin: string;
  /** The agent's v1 address: `host:port` or `[IPv6]:port`. Default: "localhost:3457". */
  readonly address?: string | undefined;
  /**
   * Given to every envelope, in place of a tag of that name it has itself: the other way round
   * than v2 clients do, as in go-loggregator. Default: none.
   */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** How many envelopes may wait. One more, and the oldest is dropped. Default: 100,000. */
  readonly maxQueueSize?: number | undefined;
  /** How many bytes may wait, whatever `maxQueueSize` says. Default: 64 MiB. */
  readonly maxQueueBytes?: number | undefined;
  /** How long `close()` takes at most, in milliseconds, up to 2^31 - 1. Default: 5,000. */
  readonly closeTimeoutMs?: number | undefined;
  /**
   * Told how many envelopes were dropped since it was last told: because the queue was full, the
   * socket refused them, they did not fit a datagram or the client was closed.
   */
  readonly onDropped?: ((count: number) => void) | undefined;
  /**
   * Told of each failure: an `OversizedDatagramError`, a `DatagramSendError` or an
   * `AddressLookupError`. The client goes on by itself; use it to log.
   */
  readonly onError?: ((error: Error) => void) | undefined;
  /** Ends the client at once when it aborts: what waits is dropped. To send it first, use `close()`. */
  readonly signal?: AbortSignal | undefined;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
}

/** What a client has done so far, in envelopes. What was emitted is always `sent + dropped + queued`. */
export interface V1Stats {
  /** Handed to the operating system. UDP does not tell whether they arrived. */
  readonly sent: number;
  /** Lost in the client: see `onDropped`. */
  readonly dropped: number;
  /** Waiting. */
  readonly queued: number;
}
