import type { Envelope } from "@loggregator/api";
import {
  abortable,
  Backoff,
  delay,
  type Logger,
  onAbort,
  type RetrySettings,
  type SharedOutage,
  type StatusFeed,
} from "@loggregator/core";
import type { LogCacheStats, LogCacheStatus } from "../client/logCacheStatus.js";
import type { ReadQuery } from "../client/readOptions.js";
import type { SourceMeta } from "../client/sourceMeta.js";
import { compareTimes, latestTime } from "../client/times.js";
import { RetriesExhaustedError } from "../errors.js";
import type { ReadAnswer, Transport } from "../transport.js";
import { ServerTime } from "./clock/serverTime.js";
import type { FollowCheckpoint, SourceCheckpoint } from "./followCheckpoint.js";
import type { FollowSettings, Gap } from "./followOptions.js";
import { SourceReader } from "./sourceReader.js";
import { takeAll, takeDue } from "./takeDue.js";

/** The number of sources that are read concurrently. */
const concurrency = 4;

/**
 * The number of envelopes that a source may hold back while it waits for other sources. Beyond it,
 * the source is not read.
 */
const maxHeld = 5_000;

/**
 * The maximum delay that a server may request, in milliseconds, unless `retry.maxDelayMs` is
 * longer.
 */
const maxRetryAfterMs = 60_000;

/** The parts of a client that a follower uses. */
export interface FollowContext {
  readonly transport: Transport;
  readonly retry: RetrySettings;
  readonly logger: Logger;
  /** Logs a warning, which is emitted as a process warning if there is no logger. */
  readonly warn: (message: string) => void;
  readonly outages: SharedOutage;
  readonly statuses: StatusFeed<LogCacheStatus>;
  readonly stats: { -readonly [Name in keyof LogCacheStats]: number };
  readonly onRetryableError: (error: Error, attempt: number, delayMs: number) => void;
  readonly read: (query: ReadQuery, signal: AbortSignal) => Promise<ReadAnswer>;
}

/** A source, and whether it can currently be read. */
interface Source {
  readonly reader: SourceReader;
  readonly backoff: Backoff;
  isFailing: boolean;
  wasRead: boolean;
}

/** Reads several sources in sweeps, and merges new envelopes in order of timestamp. */
export class Follower {
  readonly #settings: FollowSettings;
  readonly #context: FollowContext;
  readonly #onGap: (gap: Gap) => void;
  readonly #sources: readonly Source[];
  readonly #end = new AbortController();
  #failure: Error | undefined;
  #isDraining = false;
  #isSkewed = false;
  #wake = () => {};

  constructor(settings: FollowSettings, context: FollowContext, onGap: (gap: Gap) => void) {
    this.#settings = settings;
    this.#context = context;
    this.#onGap = onGap;
    const { signal } = this.#end;
    const serverTime = new ServerTime(context.transport, signal, settings.pollIntervalMs);
    const checkpoints = settings.checkpoint?.sources ?? {};
    this.#sources = settings.sourceIds.map((sourceId) => ({
      reader: new SourceReader(
        sourceId,
        settings,
        Object.hasOwn(checkpoints, sourceId) ? checkpoints[sourceId] : undefined,
        {
          read: async (query) => serverTime.complete(await context.read(query, signal)),
          repeated: (count) => {
            context.stats.repeated += count;
          },
          gap: (gap) => this.#reportGap(gap),
          missing: (id) => {
            context.logger.debug(
              `log-cache no longer has the envelopes read before from the source ${id}`,
            );
            context.statuses.push({ type: "missing", sourceId: id });
          },
          skewed: (id, aheadMs) => this.#reportSkew(id, aheadMs),
        },
      ),
      backoff: new Backoff(context.retry),
      isFailing: false,
      wasRead: false,
    }));
  }

  /** Ends the iteration. */
  stop(): void {
    this.#isDraining = false;
    this.#end.abort();
  }

  /** Ends the requests; the iteration ends after the envelopes that are held back. */
  drain(): void {
    this.#isDraining = !this.#end.signal.aborted || this.#isDraining;
    this.#end.abort();
  }

  checkpoint(): FollowCheckpoint {
    const sources = this.#sources.flatMap(({ reader }): [string, SourceCheckpoint][] => {
      const checkpoint = reader.checkpoint();
      return checkpoint === undefined ? [] : [[reader.sourceId, checkpoint]];
    });
    return { version: 1, sources: Object.fromEntries(sources) };
  }

  /** Yields new envelopes in batches. The signals stop it. */
  async *run(
    stop: readonly (AbortSignal | undefined)[],
  ): AsyncGenerator<Envelope[], undefined, undefined> {
    const { stats, outages } = this.#context;
    const unlink = stop.map((signal) => onAbort(signal, () => this.stop()));
    stats.follows++;
    try {
      yield* this.#sweeps();
      const rest = this.#isDraining ? takeAll(this.#sources) : [];
      if (rest.length > 0) {
        yield rest;
      }
    } finally {
      this.stop();
      stats.follows--;
      for (const source of this.#sources) {
        outages.ended(source);
      }
      for (const remove of unlink) {
        remove();
      }
    }
    return undefined;
  }

  /** Yields new envelopes until it is stopped. */
  async *#sweeps(): AsyncGenerator<Envelope[], undefined, undefined> {
    try {
      while (!this.#end.signal.aborted) {
        yield* this.#sweep();
        await this.#pause();
      }
    } catch (error) {
      if (!this.#end.signal.aborted) {
        throw error;
      }
    }
    return undefined;
  }

  async *#sweep(): AsyncGenerator<Envelope[], undefined, undefined> {
    const sources = this.#sources.filter(({ isFailing }) => !isFailing);
    // A source that failed during a sweep continues that sweep.
    await this.#forEach(
      sources.filter(({ reader }) => !reader.isReading),
      ({ reader }) => reader.beginSweep(),
    );
    for (;;) {
      if (this.#failure !== undefined) {
        throw this.#failure;
      }
      const next = this.#next(sources);
      if (next.length === 0) {
        break;
      }
      await this.#forEach(next, async ({ reader, backoff }) => {
        await reader.readPage();
        backoff.reset();
      });
      await this.#checkExpired();
      const batch = takeDue(this.#sources, this.#settings.settleMs);
      if (batch.length > 0) {
        yield batch;
      }
    }
    return undefined;
  }

  /** Returns the sources to read next: those that are behind, as the others wait for them. */
  #next(sources: readonly Source[]): readonly Source[] {
    const reading = sources
      .filter(({ isFailing, reader }) => !isFailing && reader.isReading)
      .sort((a, b) => compareTimes(a.reader.covered ?? latestTime, b.reader.covered ?? latestTime));
    return reading
      .filter(({ reader }, index) => index === 0 || reader.held.length < maxHeld)
      .slice(0, concurrency);
  }

  async #forEach(
    sources: readonly Source[],
    run: (source: Source) => Promise<void>,
  ): Promise<void> {
    const queue = [...sources];
    const worker = async () => {
      for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
        try {
          await run(source);
          source.wasRead = true;
        } catch (error) {
          this.#end.signal.throwIfAborted();
          this.#fail(source, error);
        }
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  }

  /** Excludes a source from sweeps until it can be read again. Throws if no retry can succeed. */
  #fail(source: Source, error: unknown): void {
    if (!this.#context.transport.isRetryable(error, source.wasRead)) {
      throw error;
    }
    source.isFailing = true;
    this.#recover(source, error).catch((thrown: Error) => {
      this.#failure ??= thrown;
      this.#wake();
    });
  }

  /**
   * Retries until the source can be read. Only the next page resets the backoff: a page may fail
   * although the small request of a probe succeeded.
   */
  async #recover(source: Source, first: Error): Promise<void> {
    const { transport, stats, statuses, outages, retry, onRetryableError } = this.#context;
    const { reader, backoff } = source;
    const { sourceId } = reader;
    for (let error: unknown = first; error !== undefined; ) {
      if (!transport.isRetryable(error, source.wasRead)) {
        throw error;
      }
      if (backoff.exhausted) {
        const attempts = backoff.failures + 1;
        const message = `gave up after attempt ${attempts}: ${error.message}`;
        throw new RetriesExhaustedError(message, attempts, { cause: error });
      }
      const requestedMs = Math.min(
        "retryAfterMs" in error ? Number(error.retryAfterMs ?? 0) : 0,
        Math.max(maxRetryAfterMs, retry.maxDelayMs),
      );
      const delayMs = Math.max(backoff.next(), requestedMs);
      stats.retries++;
      statuses.push({ type: "retrying", sourceId, error, delayMs });
      outages.failed(source, error, delayMs);
      onRetryableError(error, backoff.failures, delayMs);
      try {
        await delay(this.#end.signal, delayMs);
        await this.#probe(sourceId);
        error = undefined;
      } catch (thrown) {
        if (this.#end.signal.aborted) {
          return;
        }
        error = thrown;
      }
    }
    outages.recovered(source);
    statuses.push({ type: "recovered", sourceId });
    source.isFailing = false;
    this.#wake();
  }

  async #probe(sourceId: string): Promise<void> {
    const query = { startTime: 0n, endTime: 1n, limit: 1, types: [], descending: false };
    await this.#context.read({ ...query, sourceId, nameFilter: "" }, this.#end.signal);
  }

  /** Waits until the next sweep is due. */
  async #pause(): Promise<void> {
    const { signal } = this.#end;
    const working = this.#sources.filter(({ isFailing }) => !isFailing);
    if (this.#failure !== undefined || working.some(({ reader }) => reader.hasMore)) {
      return;
    }
    if (working.length > 0) {
      await delay(signal, this.#settings.pollIntervalMs);
      return;
    }
    const recovered = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await abortable(signal, recovered);
  }

  /** Reports envelopes that expired before the first ones of a source were read. */
  async #checkExpired(): Promise<void> {
    const readers = this.#sources.map(({ reader }) => reader).filter((reader) => reader.needsMeta);
    if (readers.length === 0) {
      return;
    }
    let meta: ReadonlyMap<string, SourceMeta> | undefined;
    try {
      meta = await this.#context.transport.meta(this.#end.signal);
    } catch (error) {
      this.#end.signal.throwIfAborted();
      this.#context.logger.debug(`cannot check what has expired: ${String(error)}`);
    }
    for (const reader of readers) {
      reader.checkMeta(meta?.get(reader.sourceId));
    }
  }

  #reportSkew(sourceId: string, aheadMs: number): void {
    this.#context.statuses.push({ type: "skewed", sourceId, aheadMs });
    if (!this.#isSkewed) {
      this.#isSkewed = true;
      this.#context.warn(
        `envelopes of the source ${sourceId} are ${Math.round(aheadMs / 1000)} s ahead of log-cache's clock: the clock was set back, or it differs from that of the source. Envelopes with the time of log-cache's clock are read as well`,
      );
    }
  }

  #reportGap(gap: Gap): void {
    this.#context.stats.gaps++;
    this.#context.statuses.push({ type: "gap", ...gap });
    this.#onGap(gap);
  }
}
