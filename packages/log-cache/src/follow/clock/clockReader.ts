import { maxKeyShift, type PageReader } from "../pageReader.js";
import type { SourceEnvelopes } from "../seen/sourceEnvelopes.js";
import type { ClockWindow } from "./clockWindow.js";
import type { SourceClock } from "./sourceClock.js";

/** The parts of a source that a reader uses. */
export interface ClockReaderParts {
  readonly clock: SourceClock;
  readonly clockWindow: ClockWindow;
  readonly pages: PageReader;
  readonly envelopes: SourceEnvelopes;
}

/** Reads the period around the server's clock, before the overlap window: see `ClockWindow`. */
export class ClockReader {
  readonly #parts: ClockReaderParts;
  readonly #onSkewed: (aheadMs: number) => void;
  #isSkewed = false;

  /**
   * @param onSkewed Called when the period is first read, with the time in milliseconds by which
   * the source's overlap window begins after the clock.
   */
  constructor(parts: ClockReaderParts, onSkewed: (aheadMs: number) => void) {
    this.#parts = parts;
    this.#onSkewed = onSkewed;
  }

  /**
   * Begins a sweep, with the parameters of `ClockWindow.begin`. Returns the time from which it
   * reads around the clock, or undefined if it does not.
   */
  begin(
    now: number,
    overlapStart: bigint,
    isFull: boolean,
    startsAfterStored: boolean,
  ): bigint | undefined {
    const { clock, clockWindow } = this.#parts;
    // If only the client's clock is wrong, the source would seem to be ahead of log-cache.
    if (!clock.isKnown) {
      return undefined;
    }
    const time = clock.serverTime(now);
    const opens = clockWindow.begin(time, now, overlapStart, isFull, startsAfterStored);
    if (opens && !this.#isSkewed) {
      this.#isSkewed = true;
      this.#onSkewed(Number((overlapStart - time) / 1_000_000n));
    }
    return clockWindow.isPending ? clockWindow.start : undefined;
  }

  /**
   * Reads the next page. Returns the time before which the period has been read, or undefined once
   * it has been read completely.
   */
  async readPage(): Promise<bigint | undefined> {
    const { clockWindow, pages, envelopes } = this.#parts;
    const { start, end } = clockWindow;
    const page = await pages.page(start, end);
    envelopes.addAroundClock(page);
    const { newest } = page;
    if (page.isFull && newest !== undefined && newest < end) {
      clockWindow.turnPage(newest);
      return newest - maxKeyShift;
    }
    clockWindow.complete();
    return undefined;
  }
}
