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

/** The number of times that the metadata is read at most, and the delay between them. */
const maxChecks = 4;
const checkIntervalMs = 500;

/**
 * The time at which reading of a source starts. Also detects that envelopes expired before the
 * first ones were read: later losses show as known envelopes that are missing, but without any, the
 * metadata of the source is needed.
 */
export class SourceStart {
  readonly #overlap: bigint;
  #kind: "given" | "resumed" | "ahead";
  #from: bigint | undefined;
  /** If no envelopes to follow are stored at first, the newest timestamp of the others. */
  #newestOther: bigint | undefined;
  /** The time from which envelopes may have expired unread, until that is known. */
  #unreadFrom: bigint | undefined;
  #hasPage = false;
  #firstEnvelopes: Page | undefined;
  #checks = 0;
  #checkAt = Number.POSITIVE_INFINITY;

  constructor({ from, overlapMs }: FollowSettings, checkpoint: SourceCheckpoint | undefined) {
    this.#overlap = nanoseconds(overlapMs);
    this.#kind = checkpoint === undefined ? "given" : "resumed";
    this.#from = checkpoint === undefined ? from : BigInt(checkpoint.from);
    // A start at 0 is that of all stored envelopes. A checkpoint with 0 is that of an empty source.
    const isBounded = checkpoint === undefined ? (from ?? 0n) > 0n : checkpoint.seen.length === 0;
    this.#unreadFrom = isBounded ? this.#from : undefined;
  }

  /** No envelopes before this time are read. Undefined until it was found. */
  get from(): bigint | undefined {
    return this.#from;
  }

  /**
   * Whether it is that of a checkpoint, was found to be far ahead of the server's clock, or neither:
   * a given time in the future is intended.
   */
  get kind(): "given" | "resumed" | "ahead" {
    return this.#kind;
  }

  /** Whether the metadata is needed before the envelopes that were read are yielded. */
  get needsMeta(): boolean {
    return performance.now() >= this.#checkAt;
  }

  /**
   * Looks up the newest envelopes. By default, reading starts after them: they are marked as seen,
   * so that the clocks of client and server do not matter. Returns them.
   */
  async find(pages: PageReader, seen: SeenEnvelopes, clock: SourceClock): Promise<Page> {
    const stored = await pages.newest(newestCount);
    if (stored.newest === undefined) {
      const { envelopes } = await pages.newest(newestCount, { types: [], nameFilter: "" });
      const newest = envelopes.at(-1)?.timestamp;
      this.#newestOther = newest && earlier(newest, clock.latest(performance.now()));
    }
    if (this.#from === undefined) {
      // The others are older than the last one. If there are none, late ones of any time are new.
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
      // Metadata can be older than the page by a second, and lacks a restarted node for longer.
      (meta === undefined || meta.newestTimestamp < first.newest) &&
      this.#checks < maxChecks
    ) {
      this.#checkAt = performance.now() + checkIntervalMs;
    } else {
      this.#unreadFrom = undefined;
    }
    return undefined;
  }

  /** Continues where the source ended: none of its envelopes were to be followed. */
  #skipOthers(): void {
    const end = this.#newestOther ?? 0n;
    this.#from = later(this.#from, end - this.#overlap);
    this.#unreadFrom = later(this.#unreadFrom, end);
  }
}
