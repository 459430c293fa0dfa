/** How long to collect, in milliseconds, before telling again. */
const tellIntervalMs = 100;

/**
 * Counts what is dropped and tells of it: at once, and then every 100 ms while it goes on, so that
 * a full queue does not make a call for each envelope. Once closed, all is told at once.
 *
 * What is dropped while telling (by a logger that logs through this very client, say) is told the
 * next time: it must not go round and round.
 */
export class DroppedCount {
  readonly #onDropped: (count: number) => void;
  #total = 0;
  #untold = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  #telling = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param onDropped Told how many were dropped since it was last told. Must not throw. */
  constructor(onDropped: (count: number) => void) {
    this.#onDropped = onDropped;
  }

  get total(): number {
    return this.#total;
  }

  add(count: number): void {
    this.#total += count;
    this.#untold += count;
    if (this.#telling) return;
    this.#telling = true;
    const waitMs = this.#closed ? 0 : this.#toldAt + tellIntervalMs - performance.now();
    if (waitMs > 0) this.#timer = setTimeout(this.#tell, waitMs).unref();
    else queueMicrotask(this.#tell);
  }

  close(): void {
    this.#closed = true;
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    queueMicrotask(this.#tell);
  }

  readonly #tell = (): void => {
    this.#timer = undefined;
    const untold = this.#untold;
    this.#untold = 0;
    this.#toldAt = performance.now();
    this.#onDropped(untold);
    this.#telling = false;
    if (this.#untold > 0 && !this.#closed) this.add(0);
  };
}
