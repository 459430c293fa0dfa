/** A sender splits its frames into records of this size. */
const fullRecordBytes = 16 * 1024;

/** Follows the TLS records in a stream of bytes. */
export class TlsRecords {
  #head: number[] = [];
  #length = 0;
  /** The number of bytes of the current record's body that are still to come. */
  #left = 0;

  follow(chunk: Buffer): void {
    this.#walk(chunk, () => false);
  }

  /** Returns the position in the chunk at which to cut the connection, if it is in this chunk. */
  cut(
    chunk: Buffer,
    passed: number,
    { afterBytes, atRecord }: { readonly afterBytes: number; readonly atRecord: boolean },
  ): number | undefined {
    return this.#walk(chunk, (position, inside) => {
      if (passed + position < afterBytes) {
        return false;
      }
      return atRecord ? !inside && this.#length >= fullRecordBytes : inside;
    });
  }

  /**
   * Calls `stop` with the position after each record, and with the position in the middle of the
   * part of each record that is in this chunk. Returns the position for which it returns true.
   */
  #walk(chunk: Buffer, stop: (position: number, inside: boolean) => boolean): number | undefined {
    let position = 0;
    while (position < chunk.length) {
      if (this.#left === 0) {
        this.#head.push(chunk[position++] as number);
        if (this.#head.length < 5) {
          continue;
        }
        this.#length = ((this.#head[3] as number) << 8) | (this.#head[4] as number);
        this.#left = this.#length;
        this.#head = [];
        continue;
      }
      const here = Math.min(this.#left, chunk.length - position);
      if (here > 1 && stop(position + (here >> 1), true)) {
        return position + (here >> 1);
      }
      position += here;
      this.#left -= here;
      if (this.#left === 0 && stop(position, false)) {
        return position;
      }
    }
    return undefined;
  }
}
