import type { Gap } from "../follow/followOptions.js";

/** A status change of a source that a client follows. */
export type LogCacheStatus =
  /** A read of a source failed, and is retried after `delayMs` milliseconds. */
  | {
      readonly type: "retrying";
      readonly sourceId: string;
      readonly error: Error;
      readonly delayMs: number;
    }
  /** The source can be read again. */
  | { readonly type: "recovered"; readonly sourceId: string }
  /**
   * Envelopes of a source that were read before are no longer in log-cache. The node that stores
   * them is down (log-cache then answers as if there were no data), it was restarted, or all have
   * expired.
   */
  | { readonly type: "missing"; readonly sourceId: string }
  /**
   * The newest envelopes of a source are so far ahead of log-cache's clock that the overlap window
   * begins `aheadMs` milliseconds after the time of that clock: it was set back, or the source's
   * clock differs from it. Envelopes with the time of log-cache's clock are read as well. Reported
   * once per source.
   */
  | { readonly type: "skewed"; readonly sourceId: string; readonly aheadMs: number }
  /** Data of a source may be lost. */
  | ({ readonly type: "gap" } & Gap)
  /** The client was closed; the last status. */
  | { readonly type: "closed" };

/** Counters of a client. */
export interface LogCacheStats {
  /** Read requests, including each page of `follow` and `recent`. */
  readonly requests: number;
  /** Envelopes in the responses to read requests. */
  readonly received: number;
  /** Received envelopes that `follow` had read before and omitted. */
  readonly repeated: number;
  /** Active iterations of `follow`. */
  readonly follows: number;
  /** Failed reads of `follow` that were retried. */
  readonly retries: number;
  /** Gaps that `follow` reported. */
  readonly gaps: number;
}
