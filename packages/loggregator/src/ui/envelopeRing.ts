import type { Envelope } from "@loggregator/api";
import { envelopeSize } from "../text/envelopeSize.js";

/**
 * The newest envelopes, bounded by number and by size. Each has a number, from 0 in order of
 * arrival, by which it can be found while it is kept.
 */
export class EnvelopeRing {
  readonly capacity: number;
  readonly #maxBytes: number;
  readonly #envelopes: (Envelope | undefined)[];
  readonly #sizes: Float64Array;
  #first = 0;
  #end = 0;
  #bytes = 0;

  constructor(capacity: number, maxBytes: number) {
    this.capacity = capacity;
    this.#maxBytes = maxBytes;
    this.#envelopes = new Array<Envelope | undefined>(capacity).fill(undefined);
    this.#sizes = new Float64Array(capacity);
  }

  /** The number of the oldest that is kept. */
  get first(): number {
    return this.#first;
  }

  /** The number of the next one. */
  get end(): number {
    return this.#end;
  }

  /** Adds one, and removes the oldest until the bounds hold. The newest one always stays. */
  push(envelope: Envelope): void {
    if (this.#end - this.#first === this.capacity) {
      this.#dropOldest();
    }
    const size = envelopeSize(envelope);
    const place = this.#end % this.capacity;
    this.#envelopes[place] = envelope;
    this.#sizes[place] = size;
    this.#end += 1;
    this.#bytes += size;
    while (this.#bytes > this.#maxBytes && this.#end - this.#first > 1) {
      this.#dropOldest();
    }
  }

  /** The envelope with this number, or undefined if it is not kept. */
  at(number: number): Envelope | undefined {
    if (number < this.#first || number >= this.#end) {
      return undefined;
    }
    return this.#envelopes[number % this.capacity];
  }

  clear(): void {
    while (this.#first < this.#end) {
      this.#dropOldest();
    }
  }

  #dropOldest(): void {
    const place = this.#first % this.capacity;
    this.#bytes -= this.#sizes[place] ?? 0;
    this.#envelopes[place] = undefined;
    this.#first += 1;
  }
}
