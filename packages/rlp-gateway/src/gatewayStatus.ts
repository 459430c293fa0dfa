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
  /** Envelopes received. */
  readonly received: number;
  /** Batches received, each of them one event. */
  readonly batches: number;
  /** Events that are not a batch of envelopes and were skipped: see `onInvalidEvent`. */
  readonly invalidEvents: number;
  /** Failed connections that were retried. Those that the gateway closed in order do not count. */
  readonly reconnects: number;
}
