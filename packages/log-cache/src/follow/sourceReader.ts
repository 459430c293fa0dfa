import type { Envelope } from "@loggregator/api";
import type { ReadQuery } from "../client/readOptions.js";
import type { SourceMeta } from "../client/sourceMeta.js";
import { earlier, later, latestTime, nanoseconds } from "../client/times.js";
import type { ReadAnswer } from "../transport.js";
import { ClockWindow } from "./clock/clockWindow.js";
import { SourceClock } from "./clock/sourceClock.js";
import type { SourceCheckpoint } from "./followCheckpoint.js";
import type { FollowSettings, Gap } from "./followOptions.js";
import { maxKeyShift, nextStart, type Page, PageReader } from "./pageReader.js";
import { envelopeIdentity } from "./seen/envelopeIdentity.js";
import { LossDetector } from "./seen/lossDetector.js";
import { SeenEnvelopes } from "./seen/seenEnvelopes.js";
import { SourceStart } from "./sourceStart.js";

/** A sweep that has read this many pages with new envelopes may end before the end of the source: see `beginSweep`. */
const minPages = 8;

/** An envelope that is held back, and the time when it was read. */
export interface HeldEnvelope {
  readonly timestamp: bigint;
  readonly envelope: Envelope;
  readonly identity: number;
  readonly readAt: number;
  /** Whether it is older than the overlap window, see `ClockWindow`. */
  readonly isBehind: boolean;
}

/** The callbacks of a reader. */
export interface SourceEvents {
  read(query: ReadQuery): Promise<ReadAnswer>;
  /** Called when envelopes were read again and omitted. */
  repeated(count: number): void;
  gap(gap: Gap): void;
  /** Called when the data is gone: a node is down or was restarted, or all has expired. */
  missing(sourceId: string): void;
  /**
   * Called when the server's clock is so far behind that the source is also read around that time.
   */
  skewed(sourceId: string, aheadMs: number): void;
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
  readonly #clockWindow: ClockWindow;
  readonly #pages: PageReader;
  readonly #losses: LossDetector;
  readonly #start: SourceStart;
  /** The newest known timestamp in the source. */
  #newest: bigint | undefined;
  /** The end of the source when this sweep, and the last full one, began. */
  #edge: bigint | undefined;
  #fullEdge: bigint | undefined;
  #fullSweepAt = Number.NEGATIVE_INFINITY;
  #pageStart = 0n;
  #pageCount = 0;
  #isSkewed = false;
  #sweep: "ended" | "around clock" | "reading" | "cut" = "ended";
  #covered: bigint | undefined;
  #sweptAt = 0;

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
    this.#clockWindow = new ClockWindow(settings);
    this.#pages = new PageReader(sourceId, settings, this.#clock, events.read);
    this.#losses = new LossDetector({
      gap: (from, to) => events.gap({ sourceId, from, to }),
      missing: () => events.missing(sourceId),
    });
    this.#start = new SourceStart(settings, checkpoint);
    for (const [time, identity, copies] of checkpoint?.seen ?? []) {
      this.#seen.restore(BigInt(time), identity, copies);
    }
  }

  /** Whether the current sweep has more to read. */
  get isReading(): boolean {
    return this.#sweep === "reading" || this.#sweep === "around clock";
  }

  /** Whether the last sweep ended before the end of the source. */
  get hasMore(): boolean {
    return this.#sweep === "cut";
  }

  /** All envelopes before this time are read. Undefined: all envelopes. */
  get covered(): bigint | undefined {
    return this.#covered;
  }

  /** When the current sweep began, by the monotonic clock. A failure does not end the sweep. */
  get sweptAt(): number {
    return this.#sweptAt;
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
    this.#sweptAt = now;
    const isFirst = this.#fullSweepAt === Number.NEGATIVE_INFINITY;
    if (isFirst) {
      this.#noteNewest(await this.#start.find(this.#pages, this.#seen, this.#clock));
    } else if (this.#sweep === "cut") {
      this.#noteNewest(await this.#pages.newest(1));
    }
    const { settleMs, overlapMs } = this.#settings;
    const isFull = now - this.#fullSweepAt >= overlapMs / 2;
    const previous = isFull ? this.#fullEdge : this.#edge;
    const from = this.#start.from as bigint;
    const back = nanoseconds(isFull ? overlapMs : settleMs) + maxKeyShift;
    this.#pageStart = previous === undefined ? from : later(from, previous - back);
    if (this.#newest !== undefined) {
      // The edge never moves back: envelopes before the overlap window are no longer known.
      this.#edge = later(this.#edge, earlier(this.#newest, this.#clock.latest(now)));
    }
    if (isFull) {
      this.#fullEdge = this.#edge;
      this.#fullSweepAt = now;
    }
    this.#pageCount = 0;
    this.#sweep = "reading";
    this.#covered = this.#pageStart;
    this.#beginClockWindow(now, isFull);
  }

  #beginClockWindow(now: number, isFull: boolean): void {
    // If only the client's clock is wrong, the source would seem to be ahead of log-cache.
    if (!this.#clock.isKnown) {
      return;
    }
    const { kind } = this.#start;
    const overlapStart = kind === "given" ? (this.#fullStart() ?? 0n) : this.#overlapStart();
    const clock = this.#clock.serverTime(now);
    const opens = this.#clockWindow.begin(clock, now, overlapStart, isFull, kind === "ahead");
    if (opens && !this.#isSkewed) {
      this.#isSkewed = true;
      this.#events.skewed(this.sourceId, Number((overlapStart - clock) / 1_000_000n));
    }
    if (this.#clockWindow.isPending) {
      this.#sweep = "around clock";
      this.#covered = this.#clockWindow.start;
    }
  }

  /** Reads the next page of the sweep. If it fails, the next call repeats it. */
  async readPage(): Promise<void> {
    if (this.#sweep === "around clock") {
      await this.#readAroundClock();
      return;
    }
    const page = await this.#pages.page(this.#pageStart, latestTime);
    const hasNew = this.#addAll(page);
    this.#prune();
    // Without new envelopes, the next sweep would read the same ones again.
    this.#pageCount += hasNew ? 1 : 0;
    const { newest } = page;
    if (!page.isFull || newest === undefined) {
      this.#sweep = "ended";
      this.#covered = undefined;
      return;
    }
    this.#covered = later(this.#covered, newest - maxKeyShift);
    this.#pageStart = nextStart(this.#pageStart, newest);
    if (this.#pageCount >= minPages && this.#edge !== undefined && newest >= this.#edge) {
      this.#sweep = "cut";
    }
  }

  /** Reads the next page around the server's clock, before those of the overlap window. */
  async #readAroundClock(): Promise<void> {
    const { start, end } = this.#clockWindow;
    const page = await this.#pages.page(start, end);
    this.#seen.beginPage();
    let known = 0;
    for (const envelope of page.envelopes) {
      const { timestamp } = envelope;
      // Log-cache may return some that are later than the end.
      if (timestamp >= end) {
        continue;
      }
      const identity = envelopeIdentity(envelope);
      if (!this.#seen.add(timestamp, identity)) {
        known++;
      } else if (this.#clockWindow.isNew(timestamp, identity)) {
        this.#hold(envelope, identity, page.readAt, true);
      }
    }
    this.#events.repeated(known);
    const { newest } = page;
    if (page.isFull && newest !== undefined && newest < end) {
      this.#covered = later(this.#covered, newest - maxKeyShift);
      this.#clockWindow.turnPage(newest);
      return;
    }
    this.#clockWindow.complete();
    this.#sweep = "reading";
    this.#covered = this.#pageStart;
  }

  /** Whether the metadata of the source is needed before envelopes are taken. */
  get needsMeta(): boolean {
    return this.#start.needsMeta;
  }

  /** Reports envelopes that expired before the first read. */
  checkMeta(meta: SourceMeta | undefined): void {
    const gap = this.#start.check(meta);
    if (gap !== undefined) {
      this.#events.gap({ sourceId: this.sourceId, ...gap });
    }
  }

  /** Takes the envelopes that are due. They must not be later than `covered`. */
  take(isDue: (held: HeldEnvelope) => boolean): HeldEnvelope[] {
    const taken: HeldEnvelope[] = [];
    const rest: HeldEnvelope[] = [];
    for (const held of this.held) {
      (isDue(held) ? taken : rest).push(held);
    }
    this.held = rest;
    return taken;
  }

  /** Returns the checkpoint of yielded envelopes; undefined before the first sweep. */
  checkpoint(): SourceCheckpoint | undefined {
    if (this.#start.from === undefined) {
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

  /** Adds the envelopes of a page that were not read before. Returns whether there were any. */
  #addAll(page: Page): boolean {
    const { envelopes, start, newest, readAt } = page;
    let repeated = 0;
    this.#seen.beginPage();
    for (const envelope of envelopes) {
      const identity = envelopeIdentity(envelope);
      if (this.#seen.add(envelope.timestamp, identity)) {
        this.#hold(envelope, identity, readAt, false);
      } else {
        repeated++;
      }
    }
    this.#events.repeated(repeated);
    const hasNew = envelopes.length > repeated;
    const end = page.isFull && newest !== undefined ? newest - maxKeyShift : latestTime;
    const expected = repeated === 0 ? this.#seen.newestAbsent(start, end) : undefined;
    if (expected === undefined) {
      this.#losses.confirm(page, hasNew);
    } else {
      this.#losses.noteAbsence(page, expected);
    }
    this.#noteNewest(page);
    this.#start.notePage(page);
    return hasNew;
  }

  #noteNewest({ newest }: Page): void {
    if (newest !== undefined) {
      this.#newest = later(this.#newest, newest);
    }
  }

  #hold(envelope: Envelope, identity: number, readAt: number, isBehind: boolean): void {
    const { timestamp } = envelope;
    this.held.push({ timestamp, envelope, identity, readAt, isBehind });
    this.#clock.note(timestamp, readAt);
    this.#clockWindow.note(identity);
  }

  #prune(): void {
    const keepFrom = this.#keepFrom();
    this.#seen.prune((time) => time >= keepFrom || this.#clockWindow.contains(time));
  }

  /** Returns the time before which no further sweep reads envelopes, except around the clock. */
  #keepFrom(): bigint {
    let keepFrom = earlier(this.#overlapStart(), later(this.#start.from, this.#pageStart));
    for (const { timestamp, isBehind } of this.held) {
      keepFrom = isBehind ? keepFrom : earlier(keepFrom, timestamp);
    }
    return keepFrom;
  }

  /** Returns the time at which the next full sweep starts. */
  #overlapStart(): bigint {
    return later(this.#fullStart(), this.#start.from as bigint);
  }

  #fullStart(): bigint | undefined {
    const back = nanoseconds(this.#settings.overlapMs) + maxKeyShift;
    return this.#fullEdge === undefined ? undefined : this.#fullEdge - back;
  }
}
