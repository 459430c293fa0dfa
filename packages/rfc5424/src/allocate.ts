interface Pool {
  allocUnsafe(length: number): Uint8Array;
}

const pool = (globalThis as { Buffer?: Pool }).Buffer;

/**
 * Bytes to be written over. In Node.js small ones share memory, in the pool that its Buffers come
 * from: an ArrayBuffer for each takes as long as all else that a message needs.
 */
export const allocate: (length: number) => Uint8Array =
  pool === undefined
    ? (length) => new Uint8Array(length)
    : (length) => {
        const { buffer, byteOffset } = pool.allocUnsafe(length);
        return new Uint8Array(buffer, byteOffset, length);
      };
