/** The shortest time between two reports in milliseconds. */
const intervalMs = 100;

/**
 * Counts dropped envelopes and reports them: at once, and then every 100 ms while it goes on, so
 * that a full queue does not cause a call for each envelope. After `close()`, each turn's drops are
 * reported at once.
 *
 * Drops caused by a report itself (by a logger that logs through the same client, say) are reported
 * 100 ms later, so that a report does not cause the next one without end.
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

  get total(): number {
    return this.#total;
  }

  add(count: number): void {
    this.#total += count;
    this.#unreported += count;
    if (this.#state === "idle") {
      this.#schedule(this.#closed ? 0 : this.#waitMs());
    }
  }

  /** Reports everything at once from now on. */
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
      // Browsers' timers are numbers, and have no such setting.
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
    // The callback ended the client: nothing would be left to report its last drops later.
    const endedMeanwhile = this.#closed && !wasClosed;
    this.#schedule(endedMeanwhile ? 0 : this.#waitMs());
  };
}
