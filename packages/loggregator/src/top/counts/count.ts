/** The number of ticks over which a rate is averaged. */
export const windowTicks = 5;

/** A total, and its recent part. */
export class Count {
  total = 0;
  readonly #before: number[] = [0];

  /** Returns the number added in the last ticks. */
  tick(): number {
    const added = this.total - (this.#before[0] ?? 0);
    this.#before.push(this.total);
    if (this.#before.length > windowTicks) {
      this.#before.shift();
    }
    return added;
  }

  get isIdle(): boolean {
    return this.total === this.#before[0];
  }
}
