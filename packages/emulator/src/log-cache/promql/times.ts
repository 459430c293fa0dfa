import { promqlError } from "./errors.js";
import { goQuoted } from "./parse/goQuoted.js";
import { durationMs } from "./parse/literals.js";

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Parses UNIX seconds with decimals, or RFC 3339.
 *
 * @returns UNIX milliseconds.
 */
export function parseTime(text: string): number {
  if (decimal.test(text)) {
    return Math.trunc(Number(text) * 1000);
  }
  const ms = rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw promqlError(`cannot parse ${goQuoted(text)} to a valid Unix or RFC3339 timestamp`);
  }
  return Math.trunc(ms);
}

/** Parses seconds with decimals, or a duration, in milliseconds. */
export function parseStep(text: string): number {
  if (decimal.test(text)) {
    const seconds = Number(text);
    if (Math.abs(seconds) * 1e9 > 2 ** 63) {
      throw promqlError(`cannot parse ${goQuoted(text)} to a valid step. It overflows int64`);
    }
    return Math.trunc(seconds * 1000);
  }
  const ms = durationMs(text);
  if (ms === undefined) {
    throw promqlError(`cannot parse ${goQuoted(text)} to a valid step`);
  }
  return ms;
}
