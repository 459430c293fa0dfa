import type { Point } from "./queryResult.js";

const decimal = /^(-?)(\d{1,16})(?:\.(\d{1,9}))?$/;

/**
 * Creates a point from a time in seconds as a decimal.
 *
 * @throws SyntaxError if the time is something else.
 */
export function pointOf(time: string, value: number): Point {
  const [, sign, whole, fraction = ""] = decimal.exec(time) ?? [];
  if (whole === undefined) {
    throw new SyntaxError(`a point's time must be seconds as a decimal`);
  }
  const ns = BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
  return { timestamp: sign === "-" ? -ns : ns, value };
}
