/**
 * Browser replacement for `../chunkDecoder.ts`: in browsers, a streaming decoder is as fast as one
 * for single chunks.
 */
export class ChunkDecoder {
  readonly #decoder = new TextDecoder();

  decode(chunk: Uint8Array): string {
    return this.#decoder.decode(chunk, { stream: true });
  }
}
