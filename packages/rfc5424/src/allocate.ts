interface Pool {
  allocUnsafe(length: number): Uint8Array;
}

const pool = (globalThis as { Buffer?: Pool }).Buffer;

/**
 * Allocates uninitialized bytes, which the caller must overwrite. In Node.js, small allocations
 * share the pool of `Buffer`: an ArrayBuffer for each would take as long as the rest of a message.
 */
export const allocate: (length: number) => Uint8Array =
  pool === undefined
    ? (length) => new Uint8Array(length)
    : (length) => {
        const { buffer, byteOffset } = pool.allocUnsafe(length);
        return new Uint8Array(buffer, byteOffset, length);
      };
