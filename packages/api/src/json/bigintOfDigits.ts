// Parses a bigint from digits in a text in two halves, as BigInt(text) takes five times as long.

const cell = new DataView(new ArrayBuffer(8));

const half = 2 ** 32;
const billion = 1_000_000_000;

/**
 * Returns the number whose digits are the characters from `start` to `end`. Returns undefined if
 * they are not digits, if the first of several is a zero, or if the number may exceed an int64.
 */
export function bigintOfDigits(text: string, start: number, end: number): bigint | undefined {
  const count = end - start;
  // A number of 19 digits that begins with a 9 may exceed 2^63.
  if (count < 1 || count > 19 || (count === 19 && text.charCodeAt(start) === 0x39)) {
    return undefined;
  }
  if (count > 1 && text.charCodeAt(start) === 0x30) {
    return undefined;
  }
  // Split into at most ten and nine digits, which doubles can represent exactly.
  const split = Math.max(start, end - 9);
  const upper = numberOfDigits(text, start, split);
  const lower = numberOfDigits(text, split, end);
  if (upper < 0 || lower < 0) {
    return undefined;
  }
  // upper * 10^9 + lower, 16 bits of `upper` at a time so that no step exceeds 53 bits.
  const top = Math.floor(upper / 65_536) * billion;
  const rest = (top % 65_536) * 65_536 + (upper % 65_536) * billion + lower;
  cell.setUint32(0, Math.floor(top / 65_536) + Math.floor(rest / half));
  cell.setUint32(4, rest % half);
  return cell.getBigInt64(0);
}

function numberOfDigits(text: string, start: number, end: number): number {
  let number = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) {
      return -1;
    }
    number = number * 10 + digit;
  }
  return number;
}
