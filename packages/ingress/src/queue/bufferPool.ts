/** The memory of sent batches that is kept for reuse, in bytes, for small and for large buffers each. */
const maxFreeBytes = 2 * 1024 * 1024;
/** The length in bytes from which a buffer is large: a batch alone is smaller, a group is larger. */
const largeBytes = 512 * 1024;

/**
 * Reuses the memory of sent batches. Allocating new memory for each batch costs a tenth of the CPU
 * time in garbage collection.
 */
export class BufferPool {
  readonly #small = new FreeBuffers();
  readonly #large = new FreeBuffers();

  /** Returns a free buffer of at least `size` bytes, or undefined if there is none. */
  acquire(size: number): Uint8Array | undefined {
    const buffer = this.#buffersOf(size).pop();
    return buffer !== undefined && buffer.length >= size ? buffer : undefined;
  }

  /** Returns the memory of `bytes` to the pool. It must no longer be used. */
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
