const empty = new Uint8Array(0);
/** The maximum size of an empty buffer that is kept, so that a long message is not held forever. */
const keptBytes = 65_536;

/** The bytes of an incomplete frame. Appending takes linear time for chunks of any size. */
export class PendingBytes {
  #buffer = empty;
  #length = 0;

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Returns the pending bytes followed by `chunk`, or the chunk itself if nothing is pending. */
  append(chunk: Uint8Array): Uint8Array {
    if (this.#length === 0) {
      return chunk;
    }
    this.#reserve(this.#length + chunk.length);
    this.#buffer.set(chunk, this.#length);
    this.#length += chunk.length;
    return this.bytes;
  }

  /** Keeps the part of `bytes` from `start` on. `bytes` must come from `append` or `bytes`. */
  keep(bytes: Uint8Array, start: number): void {
    const rest = bytes.length - start;
    if (this.#length > 0) {
      if (start > 0) {
        this.#buffer.copyWithin(0, start, this.#length);
      }
    } else if (rest > 0) {
      this.#reserve(rest);
      this.#buffer.set(start === 0 ? bytes : bytes.subarray(start));
    }
    this.#length = rest;
    if (rest === 0 && this.#buffer.length > keptBytes) {
      this.#buffer = empty;
    }
  }

  #reserve(length: number): void {
    if (length <= this.#buffer.length) {
      return;
    }
    const larger = new Uint8Array(Math.max(1024, 2 * length));
    larger.set(this.bytes);
    this.#buffer = larger;
  }
}
