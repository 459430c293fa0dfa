import type { SourceMeta } from "../client/sourceMeta.js";
import { earlier, later, nanoseconds } from "../client/times.js";
import { clockTolerance, type SourceClock } from "./clock/sourceClock.js";
import type { SourceCheckpoint } from "./followCheckpoint.js";
import type { FollowSettings, Gap } from "./followOptions.js";
import type { Page, PageReader } from "./pageReader.js";
import { envelopeIdentity } from "./seen/envelopeIdentity.js";
import type { SeenEnvelopes } from "./seen/seenEnvelopes.js";

/** The number of the newest envelopes that are looked up. Some may be from the future. */
const newestCount = 20;

/** The maximum number of metadata requests, and the delay between them. */
const maxChecks = 4;
const checkIntervalMs = 500;

/**
 * Finds the time at which reading of a source starts, and detects envelopes that expired before the
 * first read. Later losses are detected by known envelopes that are missing. At the start none are
 * known, so the metadata of the source is used.
 */
export class SourceStart {
  readonly #overlap: bigint;
  readonly #clock: SourceClock;
  #kind: "given" | "resumed" | "ahead";
  #from: bigint | undefined;
  /** The newest timestamp of envelopes that the filter excludes, if it matches none at first. */
  #newestOther: bigint | undefined;
  /** The time from which envelopes may have expired unread. Undefined once this is known. */
  #unreadFrom: bigint | undefined;
  #hasPage = false;
  #firstEnvelopes: Page | undefined;
  #checks = 0;
  #checkAt = Number.POSITIVE_INFINITY;

  constructor(
    { from, overlapMs }: FollowSettings,
    checkpoint: SourceCheckpoint | undefined,
    clock: SourceClock,
  ) {
    this.#overlap = nanoseconds(overlapMs);
    this.#clock = clock;
    this.#kind = checkpoint === undefined ? "given" : "resumed";
    this.#from = checkpoint === undefined ? from : BigInt(checkpoint.from);
    // A start at 0 selects all stored envelopes. A checkpoint at 0 is from an empty source.
    const isBounded = checkpoint === undefined ? (from ?? 0n) > 0n : checkpoint.seen.length === 0;
    this.#unreadFrom = isBounded ? this.#from : undefined;
  }

  /** No envelopes before this time are read. Undefined until it has been found. */
  get from(): bigint | undefined {
    return this.#from;
  }

  /**
   * `resumed`: from a checkpoint. `ahead`: found to be far ahead of the server's clock. `given`:
   * any other start, where a time in the future is intentional.
   */
  get kind(): "given" | "resumed" | "ahead" {
    return this.#kind;
  }

  /** Whether the metadata is needed before the envelopes that were read are yielded. */
  get needsMeta(): boolean {
    return performance.now() >= this.#checkAt;
  }

  /**
   * Looks up and returns the newest envelopes. By default, reading starts after them: they are
   * marked as seen, so that the clocks of client and server do not matter.
   */
  async find(pages: PageReader, seen: SeenEnvelopes): Promise<Page> {
    const clock = this.#clock;
    const stored = await pages.newest(newestCount);
    if (stored.newest === undefined) {
      const { envelopes } = await pages.newest(newestCount, { types: [], nameFilter: "" });
      const newest = envelopes.at(-1)?.timestamp;
      this.#newestOther = newest && earlier(newest, clock.latest(performance.now()));
    }
    if (this.#from === undefined) {
      // All others are older than the last one. If there are no others, any late envelope is new.
      const from = stored.isFull ? (stored.envelopes.at(-1)?.timestamp ?? 0n) : 0n;
      seen.beginPage();
      for (const envelope of stored.envelopes) {
        if (envelope.timestamp >= from) {
          seen.add(envelope.timestamp, envelopeIdentity(envelope));
        }
      }
      this.#from = from;
      const present = clock.serverTime(performance.now()) + clockTolerance;
      if (clock.isKnown && from > present + this.#overlap) {
        this.#kind = "ahead";
      }
    }
    return stored;
  }

  /** Records a page that was read from `from` on. */
  notePage(page: Page): void {
    if (this.#firstEnvelopes !== undefined) {
      return;
    }
    const isFirst = !this.#hasPage;
    this.#hasPage = true;
    if (page.newest !== undefined) {
      this.#firstEnvelopes = page;
    } else if (isFirst && this.#unreadFrom === undefined) {
      this.#skipOthers();
      return;
    }
    if (this.#unreadFrom !== undefined && (isFirst || page.newest !== undefined)) {
      this.#checks = 0;
      this.#checkAt = page.readAt;
    }
  }

  /**
   * Returns the times between which envelopes expired before they were read; undefined if none did.
   *
   * @param meta The metadata of the source, if it is known.
   */
  check(meta: SourceMeta | undefined): Pick<Gap, "from" | "to"> | undefined {
    const from = this.#unreadFrom;
    const first = this.#firstEnvelopes;
    this.#checkAt = Number.POSITIVE_INFINITY;
    this.#checks++;
    if (from !== undefined && meta !== undefined && meta.expired !== 0) {
      // Envelopes that were read may have expired since.
      const to = earlier(first?.oldest, meta.oldestTimestamp);
      if (to > from) {
        this.#unreadFrom = undefined;
        return { from, to };
      }
    }
    if (first?.newest === undefined) {
      this.#skipOthers();
    } else if (
      // Metadata can be older than the page by a second, and omits the sources of a restarted node
      // for longer.
      (meta === undefined || meta.newestTimestamp < first.newest) &&
      this.#checks < maxChecks
    ) {
      this.#checkAt = performance.now() + checkIntervalMs;
    } else {
      this.#unreadFrom = undefined;
    }
    return undefined;
  }

  /** Continues at the end of the source: the filter excludes all stored envelopes. */
  #skipOthers(): void {
    const end = this.#newestOther ?? 0n;
    this.#from = later(this.#from, end - this.#overlap);
    this.#unreadFrom = later(this.#unreadFrom, end);
  }
}
