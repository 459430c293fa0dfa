import type { Envelope } from "@loggregator/api";
import type { EnvelopeRing } from "../../src/ui/envelopeRing.js";

/** The number of envelopes checked between two readings of the clock. */
const step = 64;

/**
 * The numbers of the envelopes in a ring that pass a filter. Each envelope is checked once. When
 * the filter changes, all kept envelopes are checked again, some in each frame, so that no frame is
 * late.
 *
 * Matches are numbered from 0, as the ring's envelopes are: `first` and `end` only grow.
 */
export class Matches {
  readonly #ring: EnvelopeRing;
  readonly #numbers: Float64Array;
  #passes: (envelope: Envelope) => boolean = () => true;
  #first = 0;
  #end = 0;
  #next = 0;

  constructor(ring: EnvelopeRing) {
    this.#ring = ring;
    this.#numbers = new Float64Array(ring.capacity);
  }

  /** The oldest match that is kept. */
  get first(): number {
    return this.#first;
  }

  /** The number after the newest match. */
  get end(): number {
    return this.#end;
  }

  /** The number of envelopes in the ring that have not been checked. */
  get behind(): number {
    return this.#ring.end - this.#next;
  }

  /** The number in the ring of a kept match. */
  numberOf(match: number): number {
    return this.#numbers[match % this.#numbers.length] ?? Number.NaN;
  }

  /** The newest match whose number in the ring is at most `number`; `first - 1` if there is none. */
  lastUpTo(number: number): number {
    let low = this.#first;
    let high = this.#end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.numberOf(middle) <= number) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  /** Starts again with another filter. */
  restart(passes: (envelope: Envelope) => boolean): void {
    this.#passes = passes;
    this.#first = this.#end;
    this.#next = this.#ring.first;
  }

  /** Removes the matches that the ring no longer has, and checks further envelopes for this long. */
  advance(budgetMs: number): void {
    const ring = this.#ring;
    while (this.#first < this.#end && this.numberOf(this.#first) < ring.first) {
      this.#first += 1;
    }
    if (this.#next < ring.first) {
      this.#next = ring.first;
    }
    const deadline = performance.now() + budgetMs;
    do {
      const end = Math.min(this.#next + step, ring.end);
      for (; this.#next < end; this.#next += 1) {
        const envelope = ring.at(this.#next);
        if (envelope !== undefined && this.#passes(envelope)) {
          this.#numbers[this.#end % this.#numbers.length] = this.#next;
          this.#end += 1;
        }
      }
    } while (this.#next < ring.end && performance.now() < deadline);
  }
}
