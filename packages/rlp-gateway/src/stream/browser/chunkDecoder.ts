/** `../chunkDecoder.ts` for browsers, whose decoders are as fast with a state as without one. */
export class ChunkDecoder {
  readonly #decoder = new TextDecoder();

  decode(chunk: Uint8Array): string {
    return this.#decoder.decode(chunk, { stream: true });
  }
}
