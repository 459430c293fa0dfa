import type { Page } from "../pageReader.js";

/**
 * The time in milliseconds without new envelopes after which the known ones may have expired, which
 * is not a loss.
 */
const quietMs = 60_000;

/** The callbacks of a detector. */
export interface LossEvents {
  /** Called when envelopes may have been removed before they were read, between these times. */
  gap(from: bigint, to: bigint): void;
  /** Called when the data is gone: a node is down or was restarted, or all has expired. */
  missing(): void;
}

/** Detects that log-cache has removed envelopes of a source before they were read. */
export class LossDetector {
  readonly #events: LossEvents;
  #newAt = 0;
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #isMissing = false;

  constructor(events: LossEvents) {
    this.#events = events;
  }

  /** Records a page that has the expected envelopes, or for which none were expected. */
  confirm(page: Page, hasNew: boolean): void {
    if (hasNew || this.#confirmedAt === Number.NEGATIVE_INFINITY) {
      this.#newAt = page.readAt;
    }
    this.#confirmedAt = page.readAt;
    this.#isMissing = false;
  }

  /**
   * Records a page without any envelope that was read before. The store removes the oldest first:
   * later ones may be gone as well, unless the source was quiet for a long time and was read often.
   *
   * @param expected The newest known timestamp that should be on the page.
   */
  noteAbsence(page: Page, expected: bigint): void {
    const { oldest, readAt } = page;
    if (oldest === undefined) {
      if (!this.#isMissing) {
        this.#isMissing = true;
        this.#events.missing();
      }
      return;
    }
    const wasQuiet =
      this.#confirmedAt - this.#newAt > quietMs && readAt - this.#confirmedAt < quietMs;
    if (page.isFull || !wasQuiet) {
      this.#events.gap(expected, oldest);
    }
    this.confirm(page, true);
  }
}
