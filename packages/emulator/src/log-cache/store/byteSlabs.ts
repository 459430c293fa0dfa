const slabBytes = 64 * 1024;

/**
 * Copies byte arrays into large buffers. Views of received messages would keep the whole message, or
 * the whole buffer of a socket, in memory.
 */
export class ByteSlabs {
  #slab = new Uint8Array(0);
  #end = 0;

  /** The buffer that the latest copy is in. */
  get slab(): Uint8Array {
    return this.#slab;
  }

  /** Copies bytes. Returns where the copy begins in `slab`. */
  copy(bytes: Uint8Array): number {
    const { length } = bytes;
    if (this.#end + length > this.#slab.length) {
      this.#slab = new Uint8Array(Math.max(slabBytes, length));
      this.#end = 0;
    }
    const start = this.#end;
    this.#slab.set(bytes, start);
    this.#end += length;
    return start;
  }
}
