/**
 * Formats a float64 with all its digits and without an exponent, as Go's `FormatFloat(value, 'f',
 * -1, 64)` does.
 */
export function decimalText(value: number): string {
  if (Number.isNaN(value)) {
    return "NaN";
  }
  if (!Number.isFinite(value)) {
    return value > 0 ? "+Inf" : "-Inf";
  }
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa = "", exponentText = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const pointAt = Number(exponentText) + 1;
  if (pointAt <= 0) {
    return `${sign}0.${"0".repeat(-pointAt)}${digits}`;
  }
  if (pointAt >= digits.length) {
    return sign + digits.padEnd(pointAt, "0");
  }
  return `${sign}${digits.slice(0, pointAt)}.${digits.slice(pointAt)}`;
}

/**
 * Formats a float64 with the fewest digits that identify it, as Go's `FormatFloat(value, 'g', -1,
 * 64)` does: with an exponent of two or more digits if it is below -4 or above 5.
 */
export function shortestText(value: number): string {
  const [mantissa, exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (!Number.isFinite(value) || (exponent >= -4 && exponent <= 5)) {
    return decimalText(value);
  }
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
