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
   * Added to every envelope, where they override the envelope's own tags of the same names. As in
   * go-loggregator, this is the reverse of v2 clients.
   *
   * @default none
   */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether source ids, instance ids and names of tags that syslog cannot carry are accepted: those
   * with a space, a control character or one outside of ASCII, and names also with `=`, `"` or `]`. For
   * envelopes without a source id, this is `origin`.
   * A syslog agent tries to send such an envelope to log-cache or a drain for about two minutes, and
   * all that its VM sends there waits for that long. `warn` logs a warning, once; `reject` makes
   * `emit…` throw an OptionRangeError; `allow` does nothing.
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
   * When failed lookups and sends are retried; envelopes are queued meanwhile. After more than
   * `maxAttempts` consecutive failures, the client closes and drops its queue. Limit it if the
   * program should not run without an agent.
   *
   * @default indefinitely, after 50 ms to 5 s
   */
  readonly retry?: RetryOptions | undefined;
  /**
   * Called with the number of envelopes dropped since the last call: because the queue was full,
   * they did not fit a datagram, or the client was closed. It is called immediately, and then every
   * 100 ms while more are dropped.
   *
   * @default none
   */
  readonly onDropped?: ((count: number) => unknown) | undefined;
  /**
   * Called with each `DatagramSendError` and `AddressLookupError` that is retried, with the number
   * of the attempt since the last success, from 1, and the delay before the next one in milliseconds.
   *
   * @default none
   */
  readonly onRetryableError?:
    | ((error: Error, attempt: number, delayMs: number) => unknown)
    | undefined;
  /**
   * Called with each failure: those of `onRetryableError`, and an `OversizedDatagramError` for each
   * envelope that was dropped because of its size.
   *
   * @default none
   */
  readonly onError?: ((error: Error) => unknown) | undefined;
}

/** Counts in envelopes. `sent + dropped + queued` is the number that was emitted. */
export interface V1Stats {
  /** Envelopes passed to the operating system. UDP does not report whether they arrived. */
  readonly sent: number;
  /** Envelopes dropped by the client: see `onDropped`. */
  readonly dropped: number;
  /** Envelopes that are queued or being passed to the operating system. */
  readonly queued: number;
  /** The number of failures that were followed by another attempt. */
  readonly reconnects: number;
}
