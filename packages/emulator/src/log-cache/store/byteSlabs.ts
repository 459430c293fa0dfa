const slabBytes = 64 * 1024;

/**
 * Copies byte arrays into large buffers. Views of received messages would keep the whole message, or
 * the whole buffer of a socket, in memory.
 */
export class ByteSlabs {
  #slab = new Uint8Array(0);
  #at = 0;

  copy(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    if (length > slabBytes / 4) {
      return bytes.slice();
    }
    if (this.#at + length > this.#slab.length) {
      this.#slab = new Uint8Array(slabBytes);
      this.#at = 0;
    }
    const copy = this.#slab.subarray(this.#at, this.#at + length);
    copy.set(bytes);
    this.#at += length;
    return copy;
  }
}
