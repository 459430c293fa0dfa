// Converts text to numbers and back, with the reference's results in edge cases, so that tags and
// fields do not depend on the library that converts an envelope.

/** Matches integers that may fit into 64 bits, with or without leading zeros. */
const wholeNumber = /^[+-]?0*\d{1,19}$/;

/** Returns the int64 in the text; 0 for other text and for numbers out of range. */
export function parseInt64(text: string): bigint {
  if (!wholeNumber.test(text)) {
    return 0n;
  }
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : 0n;
}

/** Returns the low 32 bits of the int64 in the text. */
export function parseLowInt32(text: string): number {
  return Number(BigInt.asIntN(32, parseInt64(text)));
}

/** Returns a metric's value as an int32, without its fraction; -2^31 if it is out of range. */
export function toInt32(value: number): number {
  const whole = Math.trunc(value);
  return (whole | 0) === whole ? whole | 0 : -(2 ** 31);
}

/** Formats a decimal with six places, rounding half to even, and without an exponent. */
export function decimalText(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  }
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return sign + sixPlaces(Math.abs(value));
}

function sixPlaces(value: number): string {
  // From here on, toFixed would write an exponent, and doubles have no fraction.
  if (value >= 1e21) {
    return `${BigInt(value)}.000000`;
  }
  const halvesUp = value.toFixed(6);
  // A double is exactly halfway between two decimals of six places only if it is an odd multiple
  // of 1/128. Then it has seven places.
  if (Math.abs((value * 128) % 2) !== 1) {
    return halvesUp;
  }
  const halvesDown = value.toFixed(7).slice(0, -1);
  return "02468".includes(halvesDown.slice(-1)) ? halvesDown : halvesUp;
}
