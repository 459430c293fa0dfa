/**
 * The longest piece of a line in one envelope, in bytes; longer lines are split. Cloud Foundry
 * splits the lines of apps at this size, and such an envelope fits into a v1 datagram.
 */
export const maxLineBytes = 60 * 1024;

/** A line shorter than this has not been split, in bytes. */
export const minSplitBytes = maxLineBytes - 3;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Splits chunks of bytes into lines, without their line ends. Buffers less than `maxLineBytes`. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** Yields the lines that end in this chunk, as views into it: use them before the next chunk. */
  *push(chunk: Buffer): Generator<Buffer> {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(lineFeed, start);
      if (end === -1) {
        break;
      }
      const hasReturn = end > start && bytes[end - 1] === carriageReturn;
      yield* pieces(bytes.subarray(start, hasReturn ? end - 1 : end));
      start = end + 1;
    }
    let rest = bytes.subarray(start);
    while (rest.length > maxLineBytes) {
      const piece = firstPiece(rest);
      yield piece;
      rest = rest.subarray(piece.length);
    }
    // A copy, so that the chunk can be freed.
    this.#rest = Buffer.from(rest);
  }

  /** Yields the last line if it has no line end. */
  *end(): Generator<Buffer> {
    if (this.#rest.length > 0) {
      yield this.#rest;
    }
    this.#rest = Buffer.alloc(0);
  }
}

function* pieces(line: Buffer): Generator<Buffer> {
  let rest = line;
  while (rest.length > maxLineBytes) {
    const piece = firstPiece(rest);
    yield piece;
    rest = rest.subarray(piece.length);
  }
  yield rest;
}

/** Returns the part that fits into one envelope, without splitting a UTF-8 character. */
function firstPiece(bytes: Buffer): Buffer {
  let end = maxLineBytes;
  while (end > minSplitBytes && ((bytes[end] ?? 0) & 0xc0) === 0x80) {
    end -= 1;
  }
  return bytes.subarray(0, end);
}
