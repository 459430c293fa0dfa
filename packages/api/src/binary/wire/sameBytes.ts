/**
 * Returns true if `length` bytes are equal at `first` of one view and at `second` of another.
 *
 * Eight bytes at a time are compared as a double, which is the fastest way in JavaScript. This is
 * correct for all doubles except NaN, which is not equal to itself, and zero, whose two signs are
 * equal: these are compared as integers.
 */
export function sameBytes(
  one: DataView,
  first: number,
  other: DataView,
  second: number,
  length: number,
): boolean {
  let i = 0;
  for (; i + 8 <= length; i += 8) {
    const value = one.getFloat64(first + i, true);
    if (value === other.getFloat64(second + i, true) && value !== 0) {
      continue;
    }
    if (
      one.getInt32(first + i, true) !== other.getInt32(second + i, true) ||
      one.getInt32(first + i + 4, true) !== other.getInt32(second + i + 4, true)
    ) {
      return false;
    }
  }
  if (i + 4 <= length) {
    if (one.getInt32(first + i, true) !== other.getInt32(second + i, true)) {
      return false;
    }
    i += 4;
  }
  for (; i < length; i++) {
    if (one.getUint8(first + i) !== other.getUint8(second + i)) {
      return false;
    }
  }
  return true;
}
