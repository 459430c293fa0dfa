/** Counts per second, of the last seconds. */
export class RateHistory {
  readonly #counts: Float64Array;
  /** The current second, since the start of the page. */
  #second: number;

  /** @param seconds The number of complete seconds that are kept. */
  constructor(seconds: number, nowMs: number) {
    this.#counts = new Float64Array(seconds + 1);
    this.#second = Math.floor(nowMs / 1000);
  }

  add(count: number, nowMs: number): void {
    this.#moveTo(nowMs);
    const place = this.#second % this.#counts.length;
    this.#counts[place] = (this.#counts[place] ?? 0) + count;
  }

  /** The counts of the complete seconds, oldest first. */
  perSecond(nowMs: number): number[] {
    this.#moveTo(nowMs);
    const places = this.#counts.length;
    return Array.from(
      { length: places - 1 },
      (_, index) => this.#counts[(this.#second + 1 + index) % places] ?? 0,
    );
  }

  #moveTo(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const passed = Math.min(second - this.#second, this.#counts.length);
    for (let step = 0; step < passed; step += 1) {
      this.#counts[(second - step) % this.#counts.length] = 0;
    }
    if (passed > 0) {
      this.#second = second;
    }
  }
}
