/**
 * How many bytes of a line go into one envelope; longer lines go into several. It is the size at
 * which Cloud Foundry itself cuts apps' lines, and with it an envelope fits a v1 datagram.
 */
export const maxLineBytes = 60 * 1024;

/** A line of fewer bytes than this has not been cut. */
export const leastCutBytes = maxLineBytes - 3;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Cuts bytes that arrive in chunks into lines, without their ends. Holds less than a line of the most bytes. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** The lines that end in this chunk. They are views into it: use them before the next one. */
  *push(chunk: Buffer): Generator<Buffer> {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(lineFeed, start);
      if (end === -1) break;
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
    // A copy: the chunk it is part of need not be kept for it.
    this.#rest = Buffer.from(rest);
  }

  /** The last line, where it has no end. */
  *end(): Generator<Buffer> {
    if (this.#rest.length > 0) yield this.#rest;
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

/** As much as goes into one envelope, without cutting a character of UTF-8 in two. */
function firstPiece(bytes: Buffer): Buffer {
  let end = maxLineBytes;
  while (end > leastCutBytes && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}
