import type { Logger, MetricOptions } from "./options.js";

// What metrics and emitters accept, and what they say when it is something else.

/** The longest delay that a timer of Node.js keeps; it takes a longer one for 1 ms. */
const maxTimerMs = 2 ** 31 - 1;

const maxUint64 = 2n ** 64n - 1n;

export function timerMs(name: string, value: number): number {
  if (typeof value === "number" && value > 0 && value <= maxTimerMs) return value;
  throw new RangeError(
    `${name}: expected a number of milliseconds above 0 and up to ${maxTimerMs}, got ${describe(value)}`,
  );
}

export function textArgument(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${name}: expected a string, got ${describe(value)}`);
}

/** @throws TypeError where it is given and no AbortSignal: a controller, most often. */
export function checkSignal(value: AbortSignal | null | undefined): void {
  if (value === undefined || typeof value?.addEventListener === "function") return;
  throw new TypeError(`signal: expected an AbortSignal, got ${describe(value)}`);
}

export function checkLogger(value: Logger | null | undefined): void {
  if (value === undefined) return;
  for (const level of ["debug", "info", "warn", "error"] as const) {
    if (typeof value?.[level] !== "function") {
      throw new TypeError(
        `logger: expected an object with the methods debug, info, warn and error, got ${describe(value)} without ${level}`,
      );
    }
  }
}

export function metricName(value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new TypeError(`name: expected a string that is not empty, got ${describe(value)}`);
}

/** A metric's tags, its version among them, as a copy. */
export function metricTags({ tags = {}, version }: MetricOptions): Record<string, string> {
  const copy = { ...tags };
  for (const [name, value] of Object.entries(copy)) {
    textArgument(`tags[${JSON.stringify(name)}]`, value);
  }
  if (version !== undefined) {
    const major = wholeNumber("version.major", version.major);
    const minor = wholeNumber("version.minor", version.minor);
    copy["metric_version"] = `${major}.${minor}`;
  }
  return copy;
}

/** Checks a number that is to be counted: a whole one from 0, and exact. */
export function checkCount(n: number): void {
  if (Number.isSafeInteger(n) && n >= 0) return;
  if (Number.isInteger(n) && n > 0) {
    throw new RangeError(`n: a number beyond 2^53 - 1 is not exact, give a bigint; got ${n}`);
  }
  throw new RangeError(`n: expected a whole number from 0, got ${n}`);
}

/** Checks a bigint that is to be counted: a uint64. */
export function checkBigCount(n: unknown): asserts n is bigint {
  if (typeof n !== "bigint") {
    throw new TypeError(`n: expected a bigint or a number, got ${describe(n)}`);
  }
  if (n < 0n || n > maxUint64) {
    throw new RangeError(`n: expected a whole number from 0 to 2^64 - 1, got ${n}`);
  }
}

export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

function wholeNumber(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`${name}: expected a whole number from 0, got ${describe(value)}`);
}
