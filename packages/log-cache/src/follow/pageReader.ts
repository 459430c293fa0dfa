import type { Envelope } from "@loggregator/api";
import { maxLimit, type ReadQuery } from "../client/readOptions.js";
import { earlier, later, latestTime } from "../client/times.js";
import { LogCacheError } from "../errors.js";
import type { ReadAnswer } from "../transport.js";
import type { SourceClock } from "./clock/sourceClock.js";
import type { FollowSettings } from "./followOptions.js";

/**
 * With a limit of one, the same envelope could be returned forever; with two, each page makes
 * progress.
 */
const minLimit = 2;

/** The number of consecutive pages after which a reduced limit is doubled. */
const pagesBeforeIncrease = 16;

/**
 * Log-cache orders envelopes by keys: the timestamp, or one of the next 4,000 ns if that is taken.
 * To read a range completely, reading must start this much earlier: see "log-cache" in
 * docs/protocol.md.
 */
export const maxKeyShift = 4_000n;

/** Selects envelopes of a source. */
export type EnvelopeFilter = Pick<ReadQuery, "types" | "nameFilter">;

/** A page of a source. */
export interface Page {
  readonly envelopes: readonly Envelope[];
  /** The start of the requested range. */
  readonly start: bigint;
  /** Whether there may be more after it. */
  readonly isFull: boolean;
  /** The oldest and the newest timestamp on it. */
  readonly oldest: bigint | undefined;
  readonly newest: bigint | undefined;
  /** When it was read, by the monotonic clock in milliseconds. */
  readonly readAt: number;
}

/**
 * Reads pages of a source. Halves their size while responses are too large, and after a failure: a
 * smaller response may arrive in time.
 */
export class PageReader {
  readonly #base: Pick<ReadQuery, "sourceId" | "types" | "nameFilter">;
  readonly #clock: SourceClock;
  readonly #request: (query: ReadQuery) => Promise<ReadAnswer>;
  #limit = maxLimit;
  #pagesSinceReduction = 0;

  /** @param clock Receives the server's time of each response. */
  constructor(
    sourceId: string,
    { types, nameFilter }: FollowSettings,
    clock: SourceClock,
    request: (query: ReadQuery) => Promise<ReadAnswer>,
  ) {
    this.#base = { sourceId, types, nameFilter };
    this.#clock = clock;
    this.#request = request;
  }

  /**
   * Returns the newest envelopes of the source, newest first. Equal timestamps can exceed the limit.
   *
   * @param filter Which envelopes to return. Default: the filter of the stream.
   */
  async newest(maxCount: number, filter: EnvelopeFilter = this.#base): Promise<Page> {
    for (let limit = maxCount; ; limit >>= 1) {
      try {
        const { types, nameFilter } = filter;
        const range = { startTime: 0n, endTime: latestTime, limit, descending: true };
        return describePage(await this.#read({ ...range, types, nameFilter }), 0n, limit);
      } catch (error) {
        if (!(error instanceof LogCacheError && error.tooLarge) || limit === 1) {
          throw error;
        }
      }
    }
  }

  /** Returns the first page of a range. */
  async page(start: bigint, endTime: bigint): Promise<Page> {
    for (;;) {
      const limit = this.#limit;
      try {
        const range = { startTime: start, endTime, limit, descending: false };
        const envelopes = await this.#read(range);
        if (limit < maxLimit && ++this.#pagesSinceReduction >= pagesBeforeIncrease) {
          this.#limit = Math.min(maxLimit, limit * 2);
          this.#pagesSinceReduction = 0;
        }
        return describePage(envelopes, start, limit);
      } catch (error) {
        if (error instanceof LogCacheError && (error.tooLarge || error.retryable)) {
          this.#limit = Math.max(minLimit, limit >> 1);
          this.#pagesSinceReduction = 0;
        }
        if (!(error instanceof LogCacheError && error.tooLarge) || limit === minLimit) {
          throw error;
        }
      }
    }
  }

  async #read(
    range: Pick<ReadQuery, "startTime" | "endTime" | "limit" | "descending"> &
      Partial<EnvelopeFilter>,
  ): Promise<readonly Envelope[]> {
    const { envelopes, serverTime } = await this.#request({ ...this.#base, ...range });
    this.#clock.setServerTime(serverTime, performance.now());
    return envelopes;
  }
}

/** Returns the start of the page after a full one. */
export function nextStart(start: bigint, newest: bigint): bigint {
  // A key may be later than its timestamp. If so many envelopes are within that range that a page
  // would make no progress, it starts at the newest timestamp.
  const next = newest - maxKeyShift;
  return next > start ? next : later(start + 1n, newest);
}

function describePage(envelopes: readonly Envelope[], start: bigint, limit: number): Page {
  let oldest: bigint | undefined;
  let newest: bigint | undefined;
  for (const { timestamp } of envelopes) {
    oldest = earlier(oldest, timestamp);
    newest = later(newest, timestamp);
  }
  const isFull = envelopes.length >= limit;
  return { envelopes, start, isFull, oldest, newest, readAt: performance.now() };
}
