/** The maximum memory of free buffers in bytes, counted separately for small and for large ones. */
const maxFreeBytes = 2 * 1024 * 1024;
/** The minimum size of a large buffer in bytes: single batches are smaller, groups are larger. */
const largeBytes = 512 * 1024;

/**
 * Reuses the memory of sent batches. Garbage collection would take a tenth of the CPU time if each
 * batch allocated new memory.
 */
export class BufferPool {
  readonly #small = new FreeBuffers();
  readonly #large = new FreeBuffers();

  /** Returns a free buffer of at least `size` bytes, or undefined if there is none. */
  acquire(size: number): Uint8Array | undefined {
    const buffer = this.#buffersOf(size).pop();
    return buffer !== undefined && buffer.length >= size ? buffer : undefined;
  }

  /** Returns the memory of `bytes` to the pool. The caller must not use it any more. */
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
