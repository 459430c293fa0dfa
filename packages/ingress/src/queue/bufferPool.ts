/** The memory of sent batches that is kept for reuse, in bytes, for small and for large buffers each. */
const maxFreeBytes = 2 * 1024 * 1024;
/** The length in bytes from which a buffer is large: a batch alone is smaller, a group is larger. */
const largeBytes = 512 * 1024;

/**
 * Memory of batches that were sent, for the next ones. New memory for each batch keeps the garbage
 * collector busy for a tenth of the time.
 */
export class BufferPool {
  readonly #small = new FreeBuffers();
  readonly #large = new FreeBuffers();

  /** Returns a buffer of at least `size` bytes that nobody uses, or undefined if there is none. */
  acquire(size: number): Uint8Array | undefined {
    const buffer = this.#buffersOf(size).pop();
    return buffer !== undefined && buffer.length >= size ? buffer : undefined;
  }

  /** Takes back the memory of `bytes`, which nobody may use any more. */
  release(bytes: Uint8Array): void {
    this.#buffersOf(bytes.buffer.byteLength).push(new Uint8Array(bytes.buffer));
  }

  #buffersOf(size: number): FreeBuffers {
    return size < largeBytes ? this.#small : this.#large;
  }
}

class FreeBuffers {
  readonly #buffers: Uint8Array[] = [];
  #bytes = 0;

  pop(): Uint8Array | undefined {
    const buffer = this.#buffers.pop();
    this.#bytes -= buffer?.length ?? 0;
    return buffer;
  }

  push(buffer: Uint8Array): void {
    if (this.#bytes + buffer.length > maxFreeBytes) {
      return;
    }
    this.#buffers.push(buffer);
    this.#bytes += buffer.length;
  }
}
