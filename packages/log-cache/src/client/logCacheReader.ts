import type { Envelope } from "@loggregator/api";
import {
  emitWarning,
  guardedCallback,
  type LinkedAbortController,
  type Logger,
  linkedAbortController,
  onAbort,
  optionalFunction,
  optionalSignal,
  type RetryOptions,
  retrySettings,
  SharedOutage,
  StatusFeed,
  safeLogger,
} from "@loggregator/core";
import type { FollowContext } from "../follow/follower.js";
import { type FollowOptions, followSettings, type Gap } from "../follow/followOptions.js";
import { type FollowStream, followStream } from "../follow/followStream.js";
import {
  instantQuery,
  type QueryOptions,
  type QueryRangeOptions,
  rangeQuery,
} from "../promql/queryOptions.js";
import type { MatrixResult, QueryResult } from "../promql/queryResult.js";
import type { ReadAnswer, Transport } from "../transport.js";
import type { LogCacheStats, LogCacheStatus } from "./logCacheStatus.js";
import { type ReadOptions, type ReadQuery, readQuery } from "./readOptions.js";
import { type RecentOptions, readRecent, recentQuery } from "./recent.js";
import { checkRequestOptions, type RequestOptions } from "./requestOptions.js";
import type { SourceMeta } from "./sourceMeta.js";

/** Options that all clients of log-cache have. */
export interface LogCacheReaderOptions {
  /**
   * When and how often failed reads of `follow` are retried, per source. Other methods do not
   * retry. Set `maxAttempts` to end `follow` when the server stays unreachable.
   *
   * @default retries indefinitely, with delays from 50 ms to 5 s
   */
  readonly retry?: RetryOptions | undefined;
  /**
   * Called before each retry of `follow`, with the attempt number, starting at 1, and the delay
   * before it in milliseconds.
   *
   * @default none
   */
  readonly onRetryableError?:
    | ((error: Error, attempt: number, delayMs: number) => unknown)
    | undefined;
  /**
   * Logs retries, gaps and clock errors (warn), and recoveries (info).
   *
   * @default the first failure of an outage, the recovery, the first gap and the first clock error
   * are each reported once through `process.emitWarning`, or in browsers through `console.warn`;
   * `null` disables this
   */
  readonly logger?: Logger | null | undefined;
  /**
   * Closes the client when it aborts, as `close()` does.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
}

/** The base class of log-cache clients, independent of the transport. */
export abstract class LogCacheReader implements AsyncDisposable {
  readonly #transport: Transport;
  readonly #context: FollowContext;
  readonly #life: LinkedAbortController;

  /** @throws OptionTypeError, OptionRangeError for an invalid option. */
  protected constructor(transport: Transport, options: LogCacheReaderOptions) {
    optionalFunction("onRetryableError", options.onRetryableError);
    optionalSignal("signal", options.signal);
    const logger = safeLogger(options.logger);
    this.#transport = transport;
    this.#context = {
      transport,
      retry: retrySettings(options.retry),
      logger,
      warn: (message) => {
        logger.warn(message);
        if (options.logger === undefined) {
          emitWarning(`log-cache client: ${message}`);
        }
      },
      outages: new SharedOutage("log-cache client", options.logger, transport.name),
      statuses: new StatusFeed(),
      stats: { requests: 0, received: 0, repeated: 0, follows: 0, retries: 0, gaps: 0 },
      onRetryableError: guardedCallback("onRetryableError", options.onRetryableError, logger),
      read: (query, signal) => this.#read(query, signal),
    };
    this.#life = linkedAbortController(options.signal);
    onAbort(this.#life.signal, () => {
      transport.close();
      this.#context.statuses.push({ type: "closed" });
    });
  }

  /**
   * Returns envelopes of a source, oldest first unless `descending`. They are ordered by storage
   * key, so the last one is not always the newest.
   *
   * An empty result means that there are no such envelopes, or that the node that stores this
   * source is down: the answer is the same in both cases.
   *
   * @throws LogCacheError, TokenError
   * @throws OptionTypeError, OptionRangeError for an invalid source id or option.
   */
  read(sourceId: string, options: ReadOptions = {}): Promise<Envelope[]> {
    const query = readQuery(sourceId, options);
    return this.request(options.signal, async (signal) => {
      const { envelopes } = await this.#read(query, signal);
      return envelopes;
    });
  }

  /**
   * Returns the newest envelopes of a source, oldest first: by default, its last 100 log lines. Reads
   * page by page, so `count` may be larger than 1000.
   *
   * @throws LogCacheError, TokenError
   * @throws OptionTypeError, OptionRangeError for an invalid source id, count or option.
   */
  recent(sourceId: string, count = 100, options: RecentOptions = {}): Promise<Envelope[]> {
    const query = recentQuery(sourceId, count, options);
    return this.request(options.signal, (signal) =>
      readRecent(query, count, async (page) => (await this.#read(page, signal)).envelopes),
    );
  }

  /**
   * Yields the envelopes of sources as they arrive, in order of timestamp and without duplicates.
   *
   * Each read overlaps with the previous one, so that late envelopes are found; envelopes that were
   * already yielded are omitted. It continues after restarts, expired tokens and node failures.
   * Data that expired before it could be read is reported through `onGap`.
   *
   * It ends without an error when the signal aborts, the loop exits or the client is closed. The
   * iteration throws a LogCacheError or TokenError for a failure that no retry can fix.
   *
   * @throws OptionTypeError, OptionRangeError for invalid source ids or options.
   */
  follow(sourceIds: readonly string[], options: FollowOptions = {}): FollowStream {
    this.#checkOpen("follow");
    const settings = followSettings(sourceIds, options);
    const onGap = this.#gapReporter(options.onGap);
    return followStream(settings, this.#context, onGap, [this.#life.signal, options.signal]);
  }

  /**
   * Evaluates a PromQL expression at one time.
   *
   * @throws LogCacheError, TokenError
   * @throws OptionTypeError, OptionRangeError for an invalid query or option, and for a subquery with
   * more than 11,000 points, as for `queryRange`.
   */
  query(promql: string, options: QueryOptions = {}): Promise<QueryResult> {
    const query = instantQuery(promql, options);
    return this.request(options.signal, (signal) => this.#transport.instantQuery(query, signal));
  }

  /**
   * Evaluates a PromQL expression at `start`, `start + step` and so on, up to `end`.
   *
   * @throws LogCacheError, TokenError
   * @throws OptionTypeError, OptionRangeError for an invalid query or option, and for more than 11,000
   * points, of the query or of a subquery: a real log-cache node would try to evaluate any number,
   * and could run out of memory.
   */
  queryRange(promql: string, options: QueryRangeOptions): Promise<MatrixResult> {
    const query = rangeQuery(promql, options);
    return this.request(options.signal, (signal) => this.#transport.rangeQuery(query, signal));
  }

  /**
   * Returns the sources with stored envelopes, by source id. With an ordinary user's token, these
   * are the apps and service instances that the user may see. Sources of a node that is down are
   * missing.
   *
   * @throws LogCacheError, TokenError
   */
  meta(options: RequestOptions = {}): Promise<Map<string, SourceMeta>> {
    checkRequestOptions(options);
    return this.request(options.signal, (signal) => this.#transport.meta(signal));
  }

  /** Counters. The returned object is a copy. */
  get stats(): LogCacheStats {
    return { ...this.#context.stats };
  }

  /**
   * Yields the status changes of the followed sources, starting with the first `next()`. Ends when
   * the client is closed. A slow reader misses the oldest statuses; 64 are kept.
   */
  status(): AsyncIterableIterator<LogCacheStatus, undefined> {
    return this.#context.statuses.read();
  }

  /** Ends all iterations of `follow` and cancels all requests. */
  async close(): Promise<void> {
    this.#life.abort();
  }

  /** Same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Runs a request. Its signal aborts with the given one, or when the client is closed. */
  protected request<T>(
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#checkOpen("a request");
    return this.#run(signal, run);
  }

  async #run<T>(
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const linked = linkedAbortController(this.#life.signal, signal);
    try {
      linked.signal.throwIfAborted();
      return await run(linked.signal);
    } finally {
      linked.abort();
    }
  }

  async #read(query: ReadQuery, signal: AbortSignal): Promise<ReadAnswer> {
    const { stats } = this.#context;
    stats.requests++;
    const answer = await this.#transport.read(query, signal);
    stats.received += answer.envelopes.length;
    return answer;
  }

  #checkOpen(what: string): void {
    if (this.#life.signal.aborted) {
      throw new TypeError(`${what} was called on a closed client`);
    }
  }

  /** Without a logger and a callback, the first gap is reported as a warning. */
  #gapReporter(onGap: ((gap: Gap) => void) | undefined): (gap: Gap) => void {
    const { logger, warn } = this.#context;
    const call = guardedCallback("onGap", onGap, logger);
    let warns = onGap === undefined;
    return (gap) => {
      const range = `${new Date(Number(gap.from / 1_000_000n)).toISOString()} and ${new Date(Number(gap.to / 1_000_000n)).toISOString()}`;
      const message = `envelopes of the source ${gap.sourceId} between ${range} may be lost: log-cache removed them before they were read`;
      if (warns) {
        warn(`${message} (set onGap to see all gaps)`);
      } else {
        logger.warn(message);
      }
      warns = false;
      call(gap);
    };
  }
}
