import type { ReadQuery } from "../client/readOptions.js";
import type { SourceMeta } from "../client/sourceMeta.js";
import { earlier, later, latestTime } from "../client/times.js";
import type { ReadAnswer } from "../transport.js";
import { ClockReader } from "./clock/clockReader.js";
import { ClockWindow } from "./clock/clockWindow.js";
import { SourceClock } from "./clock/sourceClock.js";
import type { SourceCheckpoint } from "./followCheckpoint.js";
import type { FollowSettings, Gap } from "./followOptions.js";
import { OverlapWindow } from "./overlapWindow.js";
import { maxKeyShift, type Page, PageReader } from "./pageReader.js";
import { LossDetector } from "./seen/lossDetector.js";
import { type HeldEnvelope, SourceEnvelopes } from "./seen/sourceEnvelopes.js";
import { SourceStart } from "./sourceStart.js";
import { Sweep } from "./sweep.js";

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
  readonly #events: SourceEvents;
  readonly #pages: PageReader;
  readonly #start: SourceStart;
  readonly #window: OverlapWindow;
  readonly #aroundClock: ClockReader;
  readonly #envelopes: SourceEnvelopes;
  readonly #losses: LossDetector;
  readonly #sweep = new Sweep();
  #sweptAt = 0;

  constructor(
    sourceId: string,
    settings: FollowSettings,
    checkpoint: SourceCheckpoint | undefined,
    events: SourceEvents,
  ) {
    this.sourceId = sourceId;
    this.#events = events;
    const clock = new SourceClock(settings.overlapMs);
    const clockWindow = new ClockWindow(settings);
    const pages = new PageReader(sourceId, settings, clock, events.read);
    const envelopes = new SourceEnvelopes(clock, clockWindow, events.repeated);
    envelopes.restore(checkpoint);
    this.#pages = pages;
    this.#envelopes = envelopes;
    this.#start = new SourceStart(settings, checkpoint, clock);
    this.#window = new OverlapWindow(settings, this.#start, clock);
    this.#aroundClock = new ClockReader({ clock, clockWindow, pages, envelopes }, (aheadMs) =>
      events.skewed(sourceId, aheadMs),
    );
    this.#losses = new LossDetector({
      gap: (from, to) => events.gap({ sourceId, from, to }),
      missing: () => events.missing(sourceId),
    });
  }

  /** Envelopes that have been read and not been yielded. */
  get held(): readonly HeldEnvelope[] {
    return this.#envelopes.held;
  }

  /** Whether the current sweep has more to read. */
  get isReading(): boolean {
    return this.#sweep.isReading;
  }

  /** Whether the last sweep ended before the end of the source. */
  get hasMore(): boolean {
    return this.#sweep.isCut;
  }

  /** All envelopes before this time are read. Undefined: all envelopes. */
  get covered(): bigint | undefined {
    return this.#sweep.covered;
  }

  /** When the current sweep began, by the monotonic clock. A failure does not end the sweep. */
  get sweptAt(): number {
    return this.#sweptAt;
  }

  /**
   * Envelopes that arrive later are found if they are at most `overlapMs` older than this.
   * Undefined: the source is empty.
   */
  get edge(): bigint | undefined {
    return this.#window.edge;
  }

  /**
   * Begins a sweep. If the last one did not reach the end of the source, that end is looked up
   * first: pages that are read afterwards contain all envelopes that are at least `settleMs` older
   * than it.
   */
  async beginSweep(): Promise<void> {
    const now = performance.now();
    this.#sweptAt = now;
    if (!this.#window.hasBegun) {
      this.#window.note(await this.#start.find(this.#pages, this.#envelopes.seen));
    } else if (this.#sweep.isCut) {
      this.#window.note(await this.#pages.newest(1));
    }
    const { from, isFull } = this.#window.begin(now);
    const startsAfterStored = this.#start.kind === "ahead";
    const overlapStart = this.#window.startIfNotGiven;
    this.#sweep.begin(from, this.#aroundClock.begin(now, overlapStart, isFull, startsAfterStored));
  }

  /** Reads the next page of the sweep. If it fails, the next call repeats it. */
  async readPage(): Promise<void> {
    if (this.#sweep.isAroundClock) {
      this.#sweep.noteAroundClock(await this.#aroundClock.readPage());
      return;
    }
    const page = await this.#pages.page(this.#sweep.pageStart, latestTime);
    const hasNew = this.#add(page);
    this.#envelopes.prune(this.#rereadFrom());
    this.#sweep.note(page, hasNew, this.#window.edge);
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
    return this.#envelopes.take(isDue);
  }

  /** Returns the checkpoint of yielded envelopes; undefined before the first sweep. */
  checkpoint(): SourceCheckpoint | undefined {
    return this.#start.from === undefined
      ? undefined
      : this.#envelopes.checkpoint(this.#rereadFrom());
  }

  /** Adds the envelopes of a page that were not read before. Returns whether there were any. */
  #add(page: Page): boolean {
    const { envelopes, start, newest } = page;
    const repeated = this.#envelopes.add(page);
    const hasNew = envelopes.length > repeated;
    const end = page.isFull && newest !== undefined ? newest - maxKeyShift : latestTime;
    const expected = repeated === 0 ? this.#envelopes.seen.newestAbsent(start, end) : undefined;
    if (expected === undefined) {
      this.#losses.confirm(page, hasNew);
    } else {
      this.#losses.noteAbsence(page, expected);
    }
    this.#window.note(page);
    this.#start.notePage(page);
    return hasNew;
  }

  /** Returns the time before which no further page starts, except around the clock. */
  #rereadFrom(): bigint {
    return earlier(this.#window.start, later(this.#start.from, this.#sweep.pageStart));
  }
}
