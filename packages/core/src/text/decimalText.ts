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
