import { earlier, later, nanoseconds } from "../../client/times.js";
import type { FollowSettings } from "../followOptions.js";
import { nextStart } from "../pageReader.js";
import { RecentIdentities } from "../seen/recentIdentities.js";
import { clockTolerance } from "./sourceClock.js";

/**
 * The period around the server's clock, of a source whose newest envelopes are far ahead of that
 * clock: it was set back, or an instance of the source had a wrong one. Envelopes with the server's
 * time would be too late for the overlap window of the source. They are read separately, until the
 * clock has caught up.
 *
 * The period may contain envelopes from before the clock was set back. To tell them from new ones,
 * it is read ahead of the clock: envelopes that are there before their time are old.
 */
export class ClockWindow {
  readonly #settle: bigint;
  readonly #overlap: bigint;
  #isOpen = false;
  #isStoredOld = false;
  #clock = 0n;
  #start = 0n;
  #end = 0n;
  /** The window never goes back further: old envelopes before this time are unknown. */
  #from = 0n;
  /** Old envelopes before this time are known. */
  #knownTo = 0n;
  readonly #recent = new RecentIdentities();
  /** The recent envelopes of when the window opened or moved, until it has been read once. */
  #old: ReadonlySet<number> | undefined;
  /** The beginnings of the last two sweeps, by the monotonic clock. */
  #sweptAt: readonly [number, number] | undefined;

  constructor({ settleMs, overlapMs }: FollowSettings) {
    this.#settle = nanoseconds(settleMs);
    this.#overlap = nanoseconds(overlapMs);
  }

  /** Whether there is anything to read in this sweep. */
  get isPending(): boolean {
    return this.#isOpen && this.#start < this.#end;
  }

  /** The start of the next page. */
  get start(): bigint {
    return this.#start;
  }

  /** The end of the times to read in this sweep, which is exclusive. */
  get end(): bigint {
    return this.#end;
  }

  /**
   * Begins a sweep. Returns whether the window has just opened.
   *
   * @param clock The server's time.
   * @param now The monotonic time in milliseconds.
   * @param overlapStart The start of the source's overlap window.
   * @param isFull Whether to go back by `overlapMs`, and to read ahead.
   * @param startsAfterStored Whether the envelopes that are stored at the first sweep are old.
   */
  begin(
    clock: bigint,
    now: number,
    overlapStart: bigint,
    isFull: boolean,
    startsAfterStored: boolean,
  ): boolean {
    this.#isStoredOld = startsAfterStored && this.#sweptAt === undefined;
    const [beforeLast, last] = this.#sweptAt ?? [now, now];
    this.#sweptAt = [last, now];
    const reach = this.#overlap + clockTolerance;
    const wasSet = clock < this.#clock - clockTolerance || clock > this.#knownTo;
    const opens = !this.#isOpen && clock + clockTolerance < overlapStart;
    const moves = this.#isOpen && wasSet;
    this.#isOpen = opens || (this.#isOpen && clock - reach < overlapStart);
    if (opens || moves) {
      // The clock was set after the sweep before the last one.
      this.#from = clock - nanoseconds(now - beforeLast) - clockTolerance;
      this.#knownTo = clock + clockTolerance;
      this.#old = this.#recent.toSet();
    }
    this.#from = later(this.#from, clock - reach);
    const isWide = isFull || opens || moves;
    this.#clock = clock;
    this.#start = later(this.#from, clock - (isWide ? reach : this.#settle + clockTolerance));
    this.#end = clock + clockTolerance + (isWide ? 2n * reach : 0n);
    this.#end = earlier(this.#end, overlapStart);
    return opens;
  }

  /** Continues with the page after one that ends at `newest`. */
  turnPage(newest: bigint): void {
    this.#start = nextStart(this.#start, newest);
  }

  /** Ends the sweep, which has read the whole period. */
  complete(): void {
    this.#knownTo = later(this.#knownTo, this.#end);
    this.#old = undefined;
    this.#isStoredOld = false;
  }

  /** Records an envelope that was read for the first time, in the window or not. */
  note(identity: number): void {
    this.#recent.add(identity);
  }

  /** Whether an envelope of the period that is not known from the last pages is a new one. */
  isNew(timestamp: bigint, identity: number): boolean {
    const newest = later(this.#clock + clockTolerance, this.#knownTo);
    return timestamp <= newest && !this.#isStoredOld && this.#old?.has(identity) !== true;
  }

  /** Whether envelopes with this timestamp may be read again. */
  contains(timestamp: bigint): boolean {
    return this.#isOpen && timestamp >= this.#from && timestamp < later(this.#knownTo, this.#end);
  }
}
