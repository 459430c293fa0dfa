const nul = 0x00;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const dash = 0x2d;
const zero = 0x30;
const one = 0x31;
const nine = 0x39;
const lessThan = 0x3c;
const greaterThan = 0x3e;

/** The maximum number of digits of a count or a priority. */
export const maxDigits = 10;

/**
 * Returns true if a frame begins at `start`, after a line end: `<PRI>`, or a count and `<PRI>`. If
 * a version follows without a timestamp after it, the bytes are text: a log line may quote a
 * message. Returns undefined if more bytes are needed to decide.
 */
export function beginsFrame(bytes: Uint8Array, start: number): boolean | undefined {
  const countEnd = endOfDigits(bytes, start);
  let at = start;
  if (countEnd > start) {
    if (bytes[start] === zero || countEnd - start > maxDigits) {
      return false;
    }
    if (countEnd === bytes.length) {
      return undefined;
    }
    if (bytes[countEnd] !== space) {
      return false;
    }
    at = countEnd + 1;
  }
  if (at === bytes.length) {
    return undefined;
  }
  if (bytes[at] !== lessThan) {
    return false;
  }
  const end = endOfDigits(bytes, at + 1);
  if (end - at - 1 > maxDigits) {
    return false;
  }
  if (end === bytes.length) {
    return undefined;
  }
  if (end === at + 1 || bytes[end] !== greaterThan) {
    return false;
  }
  if (end + 3 >= bytes.length) {
    return undefined;
  }
  const hasVersion = bytes[end + 1] === one && bytes[end + 2] === space;
  return !hasVersion || bytes[end + 3] === dash || isDigit(bytes[end + 3]);
}

/** Returns the end of the digits that begin at `start`, at most `maxDigits + 1` of them. */
export function endOfDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at - start <= maxDigits && isDigit(bytes[at])) {
    at++;
  }
  return at;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= nine;
}

/** Returns true for a byte that may separate two frames. */
export function isSeparator(byte: number | undefined): boolean {
  return byte === lineFeed || byte === carriageReturn || byte === nul;
}
