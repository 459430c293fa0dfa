/** Each bucket is 10 % wider than the one before, so percentiles are at most 10 % too high. */
const growth = Math.log(1.1);
/** The upper bound of the first bucket, in milliseconds. */
const firstMs = 0.01;
/** Up to more than 1,000 s. */
const buckets = 196;

/** The durations of requests, in constant memory. */
export class LatencyHistogram {
  #counts = new Uint32Array(buckets);
  #before = new Uint32Array(buckets);
  #maxMs = 0;
  #maxBeforeMs = 0;

  add(ms: number): void {
    const index = ms <= firstMs ? 0 : Math.ceil(Math.log(ms / firstMs) / growth);
    const bucket = Math.min(index, buckets - 1);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  /** Starts a new interval. Percentiles are those of this interval and the one before. */
  rotate(): void {
    const counts = this.#before.fill(0);
    this.#before = this.#counts;
    this.#counts = counts;
    this.#maxBeforeMs = this.#maxMs;
    this.#maxMs = 0;
  }

  /** Returns percentiles in milliseconds, undefined if there are no durations. */
  percentiles<const P extends readonly number[]>(
    percents: P,
  ): { [K in keyof P]: number } | undefined {
    let total = 0;
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      total += this.#countAt(bucket);
    }
    if (total === 0) {
      return undefined;
    }
    const greatest = Math.max(this.#maxMs, this.#maxBeforeMs);
    return percents.map((percent) =>
      Math.min(this.#boundOf(Math.max(Math.ceil((percent / 100) * total), 1)), greatest),
    ) as { [K in keyof P]: number };
  }

  /** The upper bound of the bucket that has the duration with this rank. */
  #boundOf(rank: number): number {
    let count = 0;
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      count += this.#countAt(bucket);
      if (count >= rank) {
        return firstMs * Math.exp(bucket * growth);
      }
    }
    return Number.POSITIVE_INFINITY;
  }

  #countAt(bucket: number): number {
    return (this.#counts[bucket] ?? 0) + (this.#before[bucket] ?? 0);
  }
}
