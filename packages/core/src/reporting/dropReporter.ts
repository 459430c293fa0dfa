/** The shortest time between two reports in milliseconds. */
const intervalMs = 100;

/**
 * Counts dropped envelopes and reports them: immediately, and then every 100 ms while more are
 * dropped, so that a full queue does not cause a call for each envelope. After `close()`, drops are
 * reported once per turn of the event loop.
 *
 * Drops that a report causes (for example, a logger that logs through the same client) are reported
 * 100 ms later, to avoid an endless loop.
 */
export class DropReporter {
  readonly #report: (count: number) => void;
  #total = 0;
  #unreported = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #state: "idle" | "scheduled" | "reporting" = "idle";
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param report Called with the number of envelopes dropped since the last call. Must not throw. */
  constructor(report: (count: number) => void) {
    this.#report = report;
  }

  /** The total number of dropped envelopes. */
  get total(): number {
    return this.#total;
  }

  /** Counts dropped envelopes. */
  add(count: number): void {
    if (count === 0) {
      return;
    }
    this.#total += count;
    this.#unreported += count;
    if (this.#state === "idle") {
      this.#schedule(this.#closed ? 0 : this.#waitMs());
    }
  }

  /** Reports all further drops without the 100 ms delay. */
  close(): void {
    this.#closed = true;
    if (this.#timer === undefined) {
      return;
    }
    clearTimeout(this.#timer);
    this.#schedule(0);
  }

  #waitMs(): number {
    return this.#reportedAt + intervalMs - performance.now();
  }

  #schedule(waitMs: number): void {
    this.#state = "scheduled";
    this.#timer = undefined;
    if (waitMs > 0) {
      this.#timer = setTimeout(this.#run, waitMs);
      // Timers of browsers are numbers and cannot be unref'ed.
      (this.#timer as { unref?(): void }).unref?.();
    } else {
      queueMicrotask(this.#run);
    }
  }

  readonly #run = (): void => {
    this.#timer = undefined;
    const count = this.#unreported;
    const wasClosed = this.#closed;
    this.#unreported = 0;
    this.#reportedAt = performance.now();
    this.#state = "reporting";
    this.#report(count);
    this.#state = "idle";
    if (this.#unreported === 0) {
      return;
    }
    // If `report` closed the client, its last drops would otherwise never be reported.
    const closedMeanwhile = this.#closed && !wasClosed;
    this.#schedule(closedMeanwhile ? 0 : this.#waitMs());
  };
}
