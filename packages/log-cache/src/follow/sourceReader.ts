import type { Envelope } from "@loggregator/api";
import { maxLimit, type ReadQuery } from "../client/readOptions.js";
import { earlier, later, latestTime } from "../client/times.js";
import { LogCacheError } from "../errors.js";
import type { ReadAnswer } from "../transport.js";
import { envelopeIdentity } from "./envelopeIdentity.js";
import type { SourceCheckpoint } from "./followCheckpoint.js";
import type { FollowSettings, Gap } from "./followOptions.js";
import { SeenEnvelopes } from "./seenEnvelopes.js";
import { SourceClock } from "./sourceClock.js";

/**
 * Log-cache orders envelopes by keys: the timestamp, or one of the next 4,000 ns if that is taken.
 * To read a range completely, reading must start this much earlier: see "log-cache" in
 * docs/protocol.md.
 */
const maxKeyShift = 4_000n;

/**
 * With a limit of one, the same envelope could be returned forever; with two, each page makes
 * progress.
 */
const minLimit = 2;

/** The number of consecutive pages after which a reduced limit is doubled. */
const pagesBeforeIncrease = 16;

/** A sweep of this many pages may end before the end of the source: see `beginSweep`. */
const minPages = 8;

/** The server's clock has a resolution of a second, and those of sources may differ. */
const clockTolerance = 2_000_000_000n;

/** The time of silence after which a source may have expired without a loss. */
const quietMs = 60_000;

/** An envelope that is held back, and the time when it was read. */
export interface HeldEnvelope {
  readonly timestamp: bigint;
  readonly envelope: Envelope;
  readonly identity: number;
  readonly readAt: number;
}

/** The callbacks of a reader. */
export interface SourceEvents {
  read(query: ReadQuery): Promise<ReadAnswer>;
  /** Called when envelopes were read again and omitted. */
  repeated(count: number): void;
  gap(gap: Gap): void;
  /** Called when the data is gone: a node is down or was restarted, or all has expired. */
  missing(sourceId: string): void;
}

/**
 * Reads one source repeatedly. Each sweep starts slightly before the end of the previous one, reads
 * page by page to the end of the source, and adds envelopes that were not read before to `held`.
 */
export class SourceReader {
  readonly sourceId: string;
  /** Envelopes that have been read and not been yielded. */
  held: HeldEnvelope[] = [];
  readonly #settings: FollowSettings;
  readonly #events: SourceEvents;
  readonly #seen = new SeenEnvelopes();
  readonly #clock: SourceClock;
  #from: bigint | undefined;
  #limit = maxLimit;
  #pagesSinceReduction = 0;
  /** The newest known timestamp in the source. */
  #newest: bigint | undefined;
  /** The newest timestamp of `#seen`. */
  #newestSeen: bigint | undefined;
  #newestSeenAt = 0;
  #confirmedAt: number | undefined;
  #isMissing = false;
  /** The end of the source when this sweep, and the last full one, began. */
  #edge: bigint | undefined;
  #fullEdge: bigint | undefined;
  #fullSweepAt = Number.NEGATIVE_INFINITY;
  #pageStart = 0n;
  #pages = 0;
  #sweep: "ended" | "reading" | "cut" = "ended";
  #covered: bigint | undefined;

  constructor(
    sourceId: string,
    settings: FollowSettings,
    checkpoint: SourceCheckpoint | undefined,
    events: SourceEvents,
  ) {
    this.sourceId = sourceId;
    this.#settings = settings;
    this.#events = events;
    this.#clock = new SourceClock(settings.overlapMs);
    this.#from = checkpoint === undefined ? settings.from : BigInt(checkpoint.from);
    for (const [time, identity, copies] of checkpoint?.seen ?? []) {
      const timestamp = BigInt(time);
      this.#seen.restore(timestamp, identity, copies);
      this.#newestSeen = later(this.#newestSeen, timestamp);
    }
  }

  /** Whether the current sweep has more to read. */
  get isReading(): boolean {
    return this.#sweep === "reading";
  }

  /** Whether the last sweep ended before the end of the source. */
  get hasMore(): boolean {
    return this.#sweep === "cut";
  }

  /** All envelopes before this time are read. Undefined: all envelopes. */
  get covered(): bigint | undefined {
    return this.#covered;
  }

  /** Later envelopes are at most `overlapMs` older than this. Undefined: the source is empty. */
  get edge(): bigint | undefined {
    return this.#edge;
  }

  /**
   * Begins a sweep. A sweep goes back by `settleMs`; a full one, which is due each half of
   * `overlapMs`, goes back by that. If the last one did not reach the end of the source, the end is
   * looked up: envelopes that are older than the end by `settleMs` and are read after this are
   * complete.
   */
  async beginSweep(): Promise<void> {
    const now = performance.now();
    const isFirst = this.#fullSweepAt === Number.NEGATIVE_INFINITY;
    if (isFirst || this.#sweep === "cut") {
      await this.#findNewest();
    }
    const { settleMs, overlapMs } = this.#settings;
    const isFull = now - this.#fullSweepAt >= overlapMs / 2;
    const previous = isFull ? this.#fullEdge : this.#edge;
    const from = this.#from as bigint;
    this.#pageStart =
      previous === undefined
        ? from
        : later(from, previous - milliseconds(isFull ? overlapMs : settleMs) - maxKeyShift);
    if (this.#newest !== undefined) {
      // It never moves back: envelopes before the overlap window are no longer known.
      this.#edge = later(this.#edge, earlier(this.#newest, this.#clock.latest(now)));
    }
    if (isFull) {
      this.#fullEdge = this.#edge;
      this.#fullSweepAt = now;
    }
    this.#pages = 0;
    this.#sweep = "reading";
    this.#covered = this.#pageStart;
  }

  /** Reads the next page of the sweep. If it fails, the next call repeats it. */
  async readPage(): Promise<void> {
    const { envelopes, limit } = await this.#read(this.#pageStart);
    const now = performance.now();
    const pageNewest = this.#addAll(envelopes, envelopes.length >= limit, now);
    this.#seen.prune(this.#keepFrom());
    this.#pages++;
    if (envelopes.length < limit || pageNewest === undefined) {
      this.#sweep = "ended";
      this.#covered = undefined;
      return;
    }
    this.#covered = later(this.#covered as bigint, pageNewest - maxKeyShift);
    // A key may be later than its timestamp. If so many envelopes are within that range that a page
    // would make no progress, it starts at the newest timestamp.
    const start = pageNewest - maxKeyShift;
    this.#pageStart = start > this.#pageStart ? start : later(this.#pageStart + 1n, pageNewest);
    if (this.#pages >= minPages && this.#edge !== undefined && pageNewest >= this.#edge) {
      this.#sweep = "cut";
    }
  }

  /** Takes envelopes up to a time that must not be later than `covered`. */
  take(until: bigint, before: bigint | undefined): HeldEnvelope[] {
    const taken: HeldEnvelope[] = [];
    const rest: HeldEnvelope[] = [];
    for (const held of this.held) {
      const isDue = held.timestamp <= until && (before === undefined || held.timestamp < before);
      (isDue ? taken : rest).push(held);
    }
    this.held = rest;
    return taken;
  }

  /** Returns the checkpoint of yielded envelopes; undefined before the first sweep. */
  checkpoint(): SourceCheckpoint | undefined {
    if (this.#from === undefined) {
      return undefined;
    }
    const heldCopies = new Map<number, number>();
    for (const { identity } of this.held) {
      heldCopies.set(identity, (heldCopies.get(identity) ?? 0) + 1);
    }
    const from = this.#keepFrom();
    const seen: [string, number, number][] = [];
    for (const { timestamp, identity, copies } of this.#seen) {
      const yielded = copies - (heldCopies.get(identity) ?? 0);
      if (yielded > 0 && timestamp >= from) {
        seen.push([`${timestamp}`, identity, yielded]);
      }
    }
    return { from: `${from}`, seen };
  }

  /** Looks up the newest timestamp, which is the default start. */
  async #findNewest(): Promise<void> {
    const { types, nameFilter } = this.#settings;
    const { envelopes, serverTime } = await this.#events.read({
      sourceId: this.sourceId,
      startTime: 0n,
      endTime: latestTime,
      limit: 1,
      types,
      descending: true,
      nameFilter,
    });
    const now = performance.now();
    this.#clock.setServerTime(serverTime, now);
    for (const { timestamp } of envelopes) {
      this.#newest = later(this.#newest, timestamp);
    }
    this.#from ??= this.#newest === undefined ? 0n : this.#present(this.#newest, now);
  }

  /**
   * Returns the time after which envelopes are new. An envelope from the future does not move it.
   */
  #present(newest: bigint, now: number): bigint {
    const latest = this.#clock.latest(now);
    return newest > latest + clockTolerance ? latest : newest + 1n;
  }

  async #read(startTime: bigint): Promise<{ envelopes: Envelope[]; limit: number }> {
    const { types, nameFilter } = this.#settings;
    for (;;) {
      const limit = this.#limit;
      try {
        const { envelopes, serverTime } = await this.#events.read({
          sourceId: this.sourceId,
          startTime,
          endTime: latestTime,
          limit,
          types,
          descending: false,
          nameFilter,
        });
        this.#clock.setServerTime(serverTime, performance.now());
        if (limit < maxLimit && ++this.#pagesSinceReduction >= pagesBeforeIncrease) {
          this.#limit = Math.min(maxLimit, limit * 2);
          this.#pagesSinceReduction = 0;
        }
        return { envelopes, limit };
      } catch (error) {
        if (!(error instanceof LogCacheError && error.tooLarge) || limit === minLimit) {
          throw error;
        }
        this.#limit = Math.max(minLimit, limit >> 1);
        this.#pagesSinceReduction = 0;
      }
    }
  }

  /** Adds the envelopes of a page, and returns the newest timestamp on it. */
  #addAll(envelopes: readonly Envelope[], isFull: boolean, readAt: number): bigint | undefined {
    const newestBefore = this.#newestSeen;
    const expectsKnown = newestBefore !== undefined && newestBefore >= this.#pageStart;
    const heldBefore = this.held.length;
    let oldest: bigint | undefined;
    let newest: bigint | undefined;
    this.#seen.beginPage();
    for (const envelope of envelopes) {
      const { timestamp } = envelope;
      newest = later(newest, timestamp);
      oldest = earlier(oldest, timestamp);
      const identity = envelopeIdentity(envelope);
      if (this.#seen.add(timestamp, identity)) {
        this.held.push({ timestamp, envelope, identity, readAt });
        this.#clock.note(timestamp, readAt);
      }
    }
    const repeated = envelopes.length - (this.held.length - heldBefore);
    this.#events.repeated(repeated);
    if (expectsKnown && repeated === 0) {
      this.#noteAbsence(newestBefore, oldest, isFull, readAt);
    } else {
      this.#confirmedAt = readAt;
      this.#isMissing = false;
    }
    if (newest !== undefined) {
      this.#newest = later(this.#newest, newest);
      if (newestBefore === undefined || newest > newestBefore) {
        this.#newestSeen = newest;
        this.#newestSeenAt = readAt;
      }
    }
    return newest;
  }

  /**
   * Handles a page without any envelope that was read before. The store removes the oldest first:
   * later ones may have been removed as well, unless the source has been quiet for long and read
   * often.
   */
  #noteAbsence(from: bigint, to: bigint | undefined, isFull: boolean, now: number): void {
    if (to === undefined) {
      if (!this.#isMissing) {
        this.#isMissing = true;
        this.#events.missing(this.sourceId);
      }
      return;
    }
    const confirmedAt = this.#confirmedAt ?? Number.NEGATIVE_INFINITY;
    const wasQuiet = confirmedAt - this.#newestSeenAt > quietMs && now - confirmedAt < quietMs;
    if (isFull || !wasQuiet) {
      this.#events.gap({ sourceId: this.sourceId, from, to });
    }
    this.#confirmedAt = now;
    this.#isMissing = false;
  }

  /** Returns the time before which no further sweep reads envelopes. */
  #keepFrom(): bigint {
    const from = this.#from as bigint;
    const overlap = milliseconds(this.#settings.overlapMs);
    let keepFrom =
      this.#fullEdge === undefined ? from : later(from, this.#fullEdge - overlap - maxKeyShift);
    keepFrom = earlier(keepFrom, later(from, this.#pageStart));
    for (const { timestamp } of this.held) {
      keepFrom = earlier(keepFrom, timestamp);
    }
    return keepFrom;
  }
}

function milliseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6));
}
