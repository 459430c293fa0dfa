import { earlier, later, nanoseconds } from "../client/times.js";
import type { SourceClock } from "./clock/sourceClock.js";
import type { FollowSettings } from "./followOptions.js";
import { maxKeyShift, type Page } from "./pageReader.js";
import type { SourceStart } from "./sourceStart.js";

/** The period before the end of a source that each sweep reads again, for late envelopes. */
export class OverlapWindow {
  readonly #settings: FollowSettings;
  readonly #start: SourceStart;
  readonly #clock: SourceClock;
  /** The newest known timestamp in the source. */
  #newest: bigint | undefined;
  /** The end of the source when this sweep, and the last full one, began. */
  #edge: bigint | undefined;
  #fullEdge: bigint | undefined;
  #fullSweepAt = Number.NEGATIVE_INFINITY;

  constructor(settings: FollowSettings, start: SourceStart, clock: SourceClock) {
    this.#settings = settings;
    this.#start = start;
    this.#clock = clock;
  }

  /** Whether a sweep has begun. */
  get hasBegun(): boolean {
    return this.#fullSweepAt !== Number.NEGATIVE_INFINITY;
  }

  /**
   * Envelopes that arrive later are found if they are at most `overlapMs` older than this.
   * Undefined: the source is empty.
   */
  get edge(): bigint | undefined {
    return this.#edge;
  }

  /** The time from which the next full sweep reads. */
  get start(): bigint {
    return later(this.#fullStart(), this.#start.from as bigint);
  }

  /**
   * Same as `start`, but not limited by a start that the caller gave, which may intentionally be in
   * the future.
   */
  get startIfNotGiven(): bigint {
    return this.#start.kind === "given" ? (this.#fullStart() ?? 0n) : this.start;
  }

  /** Records the newest timestamp of a page. */
  note({ newest }: Page): void {
    if (newest !== undefined) {
      this.#newest = later(this.#newest, newest);
    }
  }

  /**
   * Begins a sweep. Returns the time from which it reads: it goes back by `settleMs`, or by
   * `overlapMs` if it is a full one, which is due every `overlapMs / 2`.
   *
   * @param now The monotonic time in milliseconds.
   */
  begin(now: number): { readonly from: bigint; readonly isFull: boolean } {
    const { settleMs, overlapMs } = this.#settings;
    const isFull = now - this.#fullSweepAt >= overlapMs / 2;
    const previous = isFull ? this.#fullEdge : this.#edge;
    const start = this.#start.from as bigint;
    const back = nanoseconds(isFull ? overlapMs : settleMs) + maxKeyShift;
    const from = previous === undefined ? start : later(start, previous - back);
    if (this.#newest !== undefined) {
      // The edge never moves back: envelopes before the overlap window are no longer known.
      this.#edge = later(this.#edge, earlier(this.#newest, this.#clock.latest(now)));
    }
    if (isFull) {
      this.#fullEdge = this.#edge;
      this.#fullSweepAt = now;
    }
    return { from, isFull };
  }

  #fullStart(): bigint | undefined {
    const back = nanoseconds(this.#settings.overlapMs) + maxKeyShift;
    return this.#fullEdge === undefined ? undefined : this.#fullEdge - back;
  }
}
