import { earlier, later, nanoseconds } from "../../client/times.js";
import type { FollowSettings } from "../followOptions.js";
import { nextStart } from "../pageReader.js";
import { RecentIdentities } from "../seen/recentIdentities.js";
import { clockTolerance } from "./sourceClock.js";

/**
 * The period around the server's time, for a source whose newest envelopes are far ahead of it: the
 * server's clock was set back, or the clock of an instance was wrong. Envelopes with the server's
 * time are then too old for the source's overlap window, so this period is read separately until
 * the clock has caught up.
 *
 * The period may contain envelopes from before the clock was set back. To distinguish them from new
 * ones, the period is read ahead of the clock: an envelope that is already stored before the clock
 * has reached its timestamp is an old one.
 */
export class ClockWindow {
  readonly #settle: bigint;
  readonly #overlap: bigint;
  #isOpen = false;
  #isStoredOld = false;
  #clock = 0n;
  #start = 0n;
  #end = 0n;
  /** The earliest start of the window: old envelopes before this time are not known. */
  #from = 0n;
  /** Old envelopes before this time are known. */
  #knownTo = 0n;
  readonly #recent = new RecentIdentities();
  /** The recent envelopes at the time the window opened or moved. Cleared once it has been read. */
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

  /** The exclusive end of the times to read in this sweep. */
  get end(): bigint {
    return this.#end;
  }

  /**
   * Begins a sweep. Returns whether the window has just opened.
   *
   * @param clock The server's time.
   * @param now The monotonic time in milliseconds.
   * @param overlapStart The start of the source's overlap window.
   * @param isFull Whether the sweep is a full one, which goes back by `overlapMs` and reads ahead
   * of the clock.
   * @param startsAfterStored Whether envelopes that are stored before the first sweep count as old.
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
      // The clock was set at some time since the sweep before the last one.
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

  /** Returns whether an envelope of the period that was not on the last pages is new. */
  isNew(timestamp: bigint, identity: number): boolean {
    const newest = later(this.#clock + clockTolerance, this.#knownTo);
    return timestamp <= newest && !this.#isStoredOld && this.#old?.has(identity) !== true;
  }

  /** Whether envelopes with this timestamp may be read again. */
  contains(timestamp: bigint): boolean {
    return this.#isOpen && timestamp >= this.#from && timestamp < later(this.#knownTo, this.#end);
  }
}
