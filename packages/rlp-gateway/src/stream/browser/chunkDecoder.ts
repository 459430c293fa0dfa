/**
 * Browser replacement of `../chunkDecoder.ts`: streaming decoders of browsers are as fast as
 * others.
 */
export class ChunkDecoder {
  readonly #decoder = new TextDecoder();

  decode(chunk: Uint8Array): string {
    return this.#decoder.decode(chunk, { stream: true });
  }
}
