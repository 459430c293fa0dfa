import { type Batch, dropFirstEnvelope } from "./batch.js";

/** A linked list of batches: with up to 100,000 of them, `shift` of an array would be slow. */
export class BatchList {
  #first: Batch | undefined;
  #last: Batch | undefined;
  #count = 0;
  #bytes = 0;
  #length = 0;

  /** The number of batches. */
  get length(): number {
    return this.#length;
  }

  get first(): Batch | undefined {
    return this.#first;
  }

  /** The number of envelopes in all batches. */
  get count(): number {
    return this.#count;
  }

  /** The length of all batches in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  push(batch: Batch): void {
    if (this.#last === undefined) {
      this.#first = batch;
    } else {
      this.#last.next = batch;
    }
    this.#last = batch;
    this.#add(batch, 1);
  }

  unshift(batch: Batch): void {
    batch.next = this.#first;
    this.#first = batch;
    this.#last ??= batch;
    this.#add(batch, 1);
  }

  shift(): Batch | undefined {
    const batch = this.#first;
    if (batch === undefined) {
      return undefined;
    }
    this.#first = batch.next;
    if (this.#first === undefined) {
      this.#last = undefined;
    }
    batch.next = undefined;
    this.#add(batch, -1);
    return batch;
  }

  /** Removes the first envelope. Returns false if there is none. */
  dropFirstEnvelope(): boolean {
    const batch = this.#first;
    if (batch === undefined) {
      return false;
    }
    if (batch.count === 1) {
      this.shift();
    } else {
      this.#bytes -= dropFirstEnvelope(batch);
      this.#count--;
    }
    return true;
  }

  /** Moves all batches of another list to the front of this one. */
  prepend(other: BatchList): void {
    if (other.#last === undefined) {
      return;
    }
    other.#last.next = this.#first;
    this.#first = other.#first;
    this.#last ??= other.#last;
    this.#count += other.#count;
    this.#bytes += other.#bytes;
    this.#length += other.#length;
    other.clear();
  }

  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
    this.#count = 0;
    this.#bytes = 0;
    this.#length = 0;
  }

  #add({ count, bytes }: Batch, sign: 1 | -1): void {
    this.#count += sign * count;
    this.#bytes += sign * bytes.length;
    this.#length += sign;
  }
}
