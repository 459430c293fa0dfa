import type { Envelope } from "@loggregator/api";
import type { ReadQuery } from "./client/readOptions.js";
import type { SourceMeta } from "./client/sourceMeta.js";
import type { InstantQuery, RangeQuery } from "./promql/queryOptions.js";
import type { MatrixResult, QueryResult } from "./promql/queryResult.js";

/** The answer to a read request. */
export interface ReadAnswer {
  readonly envelopes: Envelope[];
  /** The server's clock in nanoseconds since the UNIX epoch, in whole seconds, if it is known. */
  readonly serverTime: bigint | undefined;
}

/**
 * A transport to log-cache: HTTP or gRPC. All methods reject with a LogCacheError or a TokenError.
 */
export interface Transport {
  /** The name of the server in messages. */
  readonly name: string;
  read(query: ReadQuery, signal: AbortSignal | undefined): Promise<ReadAnswer>;
  meta(signal: AbortSignal | undefined): Promise<Map<string, SourceMeta>>;
  instantQuery(query: InstantQuery, signal: AbortSignal | undefined): Promise<QueryResult>;
  rangeQuery(query: RangeQuery, signal: AbortSignal | undefined): Promise<MatrixResult>;
  /**
   * Returns whether a retry may succeed. `wasAccepted`: an earlier request for the same source
   * succeeded, so this one is known to be valid.
   */
  isRetryable(error: unknown, wasAccepted: boolean): error is Error;
  close(): void;
}
