/** The states of the connections of a client's streams; `url` identifies the stream. */
export type GatewayStatus =
  | { readonly type: "connecting"; readonly url: string }
  /** The gateway has answered: events can arrive. */
  | { readonly type: "open"; readonly url: string }
  /**
   * It failed to open or broke (`error` contains the reason), the gateway closed it, or the stream
   * ended.
   */
  | { readonly type: "disconnected"; readonly url: string; readonly error?: Error }
  /** The connection is retried after `delayMs` milliseconds. */
  | {
      readonly type: "retrying";
      readonly url: string;
      readonly error: Error;
      readonly delayMs: number;
    }
  /** The client was closed; the last status. */
  | { readonly type: "closed" };

/** Counters of a client. */
export interface GatewayStats {
  /** The number of open streams. */
  readonly streams: number;
  /** The number of envelopes received. */
  readonly received: number;
  /** The number of batches received; each is one event. */
  readonly batches: number;
  /** The number of skipped events that were not a batch of envelopes, see `onInvalidEvent`. */
  readonly invalidEvents: number;
  /** The number of failures that were retried. A `closing` event does not count as a failure. */
  readonly reconnects: number;
}
