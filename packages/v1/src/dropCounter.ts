/** Counts dropped envelopes and reports them once per turn of the event loop. */
export class DropCounter {
  readonly #report: (count: number) => void;
  #total = 0;
  #unreported = 0;
  #scheduled: NodeJS.Immediate | undefined;

  /** @param report Must not throw. It may cause further drops, which are reported in the next turn. */
  constructor(report: (count: number) => void) {
    this.#report = report;
  }

  get total(): number {
    return this.#total;
  }

  /** @param keepsRunning Whether the process must keep running until the report. */
  add(count: number, keepsRunning = true): void {
    if (count === 0) {
      return;
    }
    this.#total += count;
    this.#unreported += count;
    // Not in a microtask: a callback that emits into a full queue would then loop forever.
    if (this.#scheduled === undefined) {
      this.#scheduled = setImmediate(() => this.flush());
      if (!keepsRunning) {
        this.#scheduled.unref();
      }
    }
  }

  /** Reports drops that have not been reported. */
  flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const count = this.#unreported;
    this.#unreported = 0;
    if (count > 0) {
      this.#report(count);
    }
  }
}
