/** The bins per doubling of the latency: an error of at most 5 %. */
const perDoubling = 8;
/** The latency of the first bin, in milliseconds. */
const least = 0.01;
/** 24 doublings: up to 168 s. */
const bins = perDoubling * 24;

/** Counts of latencies in bins of exponential size, from which percentiles are estimated. */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(bins);
  #total = 0;

  add(milliseconds: number): void {
    const bin = Math.floor(Math.log2(Math.max(milliseconds, least) / least) * perDoubling);
    const place = Math.min(bin, bins - 1);
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#total += 1;
  }

  merge(other: LatencyHistogram): void {
    for (let bin = 0; bin < bins; bin += 1) {
      this.#counts[bin] = (this.#counts[bin] ?? 0) + (other.#counts[bin] ?? 0);
    }
    this.#total += other.#total;
  }

  /** A percentile in milliseconds, such as 0.95; undefined without latencies. */
  percentile(fraction: number): number | undefined {
    let left = Math.ceil(this.#total * fraction);
    if (left === 0) {
      return undefined;
    }
    for (let bin = 0; bin < bins; bin += 1) {
      left -= this.#counts[bin] ?? 0;
      if (left <= 0) {
        return least * 2 ** ((bin + 0.5) / perDoubling);
      }
    }
    return undefined;
  }
}
