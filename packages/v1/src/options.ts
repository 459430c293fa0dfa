import type { RetryOptions, SenderOptions, UnsafeHeaders } from "@loggregator/core";

/** Options of a `V1Client`. */
export interface V1ClientOptions extends SenderOptions {
  /** The `origin` of every envelope: the name of the emitting component. v1 requires it. */
  readonly origin: string;
  /**
   * The agent's v1 address: `host:port` or `[IPv6]:port`.
   *
   * @default "localhost:3457"
   */
  readonly address?: string | undefined;
  /**
   * Tags that are added to every envelope. They override the envelope's tags of the same names, as
   * in go-loggregator; in v2 clients, the envelope's tags take precedence.
   *
   * @default none
   */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * The treatment of source ids, instance ids and names of tags that syslog cannot carry: those
   * with spaces, control characters or characters outside of ASCII, and names also with `=`, `"` or
   * `]`. For envelopes without a source id, `origin` is checked. A syslog agent retries such an
   * envelope for about two minutes, and delays everything that its VM sends to the same log-cache
   * or drain for that time. `warn` logs one warning; `reject` makes `emit…` throw an
   * OptionRangeError; `allow` does nothing.
   *
   * @default "warn"
   */
  readonly unsafeHeaders?: UnsafeHeaders | undefined;
  /**
   * The time limit of a name lookup and of opening a socket in milliseconds. Raise it if name
   * lookups are slow.
   *
   * @default 10_000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * When and how often failed lookups and sends are retried; envelopes are queued meanwhile. After
   * more than `maxAttempts` consecutive failures, the client closes and drops its queue. Limit
   * `maxAttempts` if the program should not run without an agent.
   *
   * @default retries indefinitely, with delays from 50 ms to 5 s
   */
  readonly retry?: RetryOptions | undefined;
  /**
   * Called with the number of envelopes dropped since the last call: because the queue was full,
   * they did not fit into a datagram, or the client was closed. It is called immediately, and then
   * every 100 ms while more are dropped.
   *
   * @default none
   */
  readonly onDropped?: ((count: number) => unknown) | undefined;
  /**
   * Called after each `DatagramSendError` and `AddressLookupError` that is followed by a retry.
   *
   * @param attempt The number of the retry that follows, starting at 1. A success resets it.
   * @param delayMs The delay before this retry in milliseconds.
   *
   * @default none
   */
  readonly onRetryableError?:
    | ((error: Error, attempt: number, delayMs: number) => unknown)
    | undefined;
  /**
   * Called with each error of `onRetryableError`, and with an `OversizedDatagramError` for each
   * envelope that was dropped because of its size.
   *
   * @default none
   */
  readonly onError?: ((error: Error) => unknown) | undefined;
}

/** The statistics of a client. `sent + dropped + queued` is the number of envelopes emitted. */
export interface V1Stats {
  /** Envelopes passed to the operating system. UDP does not report whether they arrived. */
  readonly sent: number;
  /** Envelopes that the client dropped, see `onDropped`. */
  readonly dropped: number;
  /** Envelopes that are queued or being passed to the operating system. */
  readonly queued: number;
  /** The number of failures that were followed by another attempt. */
  readonly reconnects: number;
}
