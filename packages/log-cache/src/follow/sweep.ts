import { later } from "../client/times.js";
import { maxKeyShift, nextStart, type Page } from "./pageReader.js";

/**
 * A sweep that has read this many pages with new envelopes may end before the end of the source: see
 * `SourceReader.beginSweep`.
 */
const minPages = 8;

/** The progress of the current sweep of a source. */
export class Sweep {
  #state: "ended" | "around clock" | "reading" | "cut" = "ended";
  #pageStart = 0n;
  #pageCount = 0;
  #covered: bigint | undefined;

  /** Whether there is more to read. */
  get isReading(): boolean {
    return this.#state === "reading" || this.#state === "around clock";
  }

  /** Whether the next page is one around the server's clock. */
  get isAroundClock(): boolean {
    return this.#state === "around clock";
  }

  /** Whether it ended before the end of the source. */
  get isCut(): boolean {
    return this.#state === "cut";
  }

  /** The start of the next page, unless that is around the server's clock. */
  get pageStart(): bigint {
    return this.#pageStart;
  }

  /** All envelopes before this time are read. Undefined: all envelopes. */
  get covered(): bigint | undefined {
    return this.#covered;
  }

  /** Begins a sweep at `from`, after the period around the server's clock if that has a start. */
  begin(from: bigint, aroundClock: bigint | undefined): void {
    this.#state = aroundClock === undefined ? "reading" : "around clock";
    this.#pageStart = from;
    this.#pageCount = 0;
    this.#covered = aroundClock ?? from;
  }

  /** Records a page around the server's clock, see `ClockReader.readPage`. */
  noteAroundClock(covered: bigint | undefined): void {
    if (covered === undefined) {
      this.#state = "reading";
      this.#covered = this.#pageStart;
    } else {
      this.#covered = later(this.#covered, covered);
    }
  }

  /** Records a page. It can be the last one if it reaches `edge`. */
  note({ isFull, newest }: Page, hasNew: boolean, edge: bigint | undefined): void {
    // Without new envelopes, the next sweep would read the same ones again.
    this.#pageCount += hasNew ? 1 : 0;
    if (!isFull || newest === undefined) {
      this.#state = "ended";
      this.#covered = undefined;
      return;
    }
    this.#covered = later(this.#covered, newest - maxKeyShift);
    this.#pageStart = nextStart(this.#pageStart, newest);
    if (this.#pageCount >= minPages && edge !== undefined && newest >= edge) {
      this.#state = "cut";
    }
  }
}
