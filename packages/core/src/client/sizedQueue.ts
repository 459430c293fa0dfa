/**
 * A first-in, first-out queue that tracks the total size of its values. Unlike `Array.shift`, taking
 * a value needs constant time, however long the queue is.
 */
export class SizedQueue<T> {
  #values: (T | undefined)[] = [];
  /** The size of each value. */
  #sizes: number[] = [];
  /** The index of the oldest value. */
  #first = 0;
  #bytes = 0;

  /** The number of values. */
  get length(): number {
    return this.#values.length - this.#first;
  }

  /** The total size of the values. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The size of the oldest value; 0 if there is none. */
  get firstBytes(): number {
    return this.#sizes[this.#first] ?? 0;
  }

  /** Adds a value, with its size. */
  push(value: T, bytes: number): void {
    this.#values.push(value);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
  }

  /** Removes and returns the oldest value; undefined if there is none. */
  shift(): T | undefined {
    if (this.length === 0) {
      return undefined;
    }
    const value = this.#values[this.#first];
    this.#bytes -= this.firstBytes;
    this.#values[this.#first++] = undefined;
    // Each value is moved at most once, as at least half of the places are empty.
    if (this.#first > 1_000 && this.#first * 2 > this.#values.length) {
      this.#values = this.#values.slice(this.#first);
      this.#sizes = this.#sizes.slice(this.#first);
      this.#first = 0;
    }
    return value;
  }

  /** Removes all values. Returns their number. */
  clear(): number {
    const { length } = this;
    this.#values = [];
    this.#sizes = [];
    this.#first = 0;
    this.#bytes = 0;
    return length;
  }
}
