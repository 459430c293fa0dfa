import type { Gap } from "../follow/followOptions.js";

/** What happens to the sources that a client follows. */
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
   * What had been read of a source is gone from log-cache. The node that has it is down (log-cache
   * then answers as if there were no data), it was restarted, or all has expired.
   */
  | { readonly type: "missing"; readonly sourceId: string }
  /** Data of a source may be lost. */
  | ({ readonly type: "gap" } & Gap)
  /** The client was closed; the last status. */
  | { readonly type: "closed" };

/** Counters of a client. */
export interface LogCacheStats {
  /** Read requests, each page that `follow` and `recent` read among them. */
  readonly requests: number;
  /** Envelopes in the responses to these. */
  readonly received: number;
  /** Envelopes of these that `follow` had read before and left out. */
  readonly repeated: number;
  /** Iterations of `follow` that are under way. */
  readonly follows: number;
  /** Failed reads of `follow` that were retried. */
  readonly retries: number;
  /** Gaps that `follow` reported. */
  readonly gaps: number;
}
