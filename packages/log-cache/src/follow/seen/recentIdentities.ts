/** More than log-cache stores per source by default. Uses about a megabyte of memory. */
const maxIdentities = 2 ** 17;

/** The identities of the most recently read envelopes of a source. */
export class RecentIdentities {
  #ring = new Float64Array(1_024);
  #count = 0;

  add(identity: number): void {
    if (this.#count === this.#ring.length && this.#count < maxIdentities) {
      const larger = new Float64Array(2 * this.#count);
      larger.set(this.#ring);
      this.#ring = larger;
    }
    this.#ring[this.#count++ % this.#ring.length] = identity;
  }

  toSet(): ReadonlySet<number> {
    return new Set(this.#ring.subarray(0, this.#count));
  }
}
