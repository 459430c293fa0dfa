/** How much memory of sent batches is kept for the next ones, in bytes. */
const maxFreeBytes = 2 * 1024 * 1024;

/**
 * Memory of batches that were sent, for the next ones. New memory for each batch keeps the garbage
 * collector busy for a tenth of the time.
 */
export class BufferPool {
  readonly #freeBuffers: Uint8Array[] = [];
  #freeBytes = 0;

  /** Returns a buffer of any size that nobody uses, or undefined if there is none. */
  acquire(): Uint8Array | undefined {
    const buffer = this.#freeBuffers.pop();
    this.#freeBytes -= buffer?.length ?? 0;
    return buffer;
  }

  /** Takes back the memory of `bytes`, which nobody may use any more. */
  release(bytes: Uint8Array): void {
    const buffer = new Uint8Array(bytes.buffer);
    if (this.#freeBytes + buffer.length > maxFreeBytes) return;
    this.#freeBuffers.push(buffer);
    this.#freeBytes += buffer.length;
  }
}
