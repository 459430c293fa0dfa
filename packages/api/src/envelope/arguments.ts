import type { CounterOptions, Timestamp } from "./options.js";

// The checks that builders and clients share: what they accept, and what they say when it is
// something else. A programming error is told at the call, with the name and the value.

const maxUint64 = 0xffff_ffff_ffff_ffffn;

/** The value itself where it is a string, `""` where it is left out. */
export function optionalText(name: string, value: unknown): string {
  return value === undefined ? "" : textArgument(name, value);
}

/** The value itself where it is a string. */
export function textArgument(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${name}: expected a string, got ${describe(value)}`);
}

/** Checks that what is given as an object is one. */
export function checkObject(name: string, value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${name}: expected an object, got ${describe(value)}`);
  }
}

/** Checks that tags are an object of strings. */
export function checkTags(name: string, tags: unknown): asserts tags is Record<string, string> {
  if (typeof tags !== "object" || tags === null || Array.isArray(tags)) {
    throw new TypeError(`${name}: expected an object of strings, got ${describe(tags)}`);
  }
  for (const key of Object.keys(tags)) {
    checkTag(name, key, (tags as Record<string, unknown>)[key]);
  }
}

/** Checks the value of one tag. */
export function checkTag(name: string, key: string, value: unknown): asserts value is string {
  if (typeof value !== "string") {
    throw new TypeError(
      `${name}[${JSON.stringify(key)}]: expected a string, got ${describe(value)}`,
    );
  }
}

/** UNIX nanoseconds within the range of an int64. */
export function nanosecondsArgument(name: string, value: Timestamp): bigint {
  let nanoseconds: bigint;
  if (typeof value === "bigint") {
    nanoseconds = value;
  } else if (value instanceof Date) {
    const milliseconds = value.getTime();
    if (Number.isNaN(milliseconds)) {
      throw new RangeError(`${name}: expected a valid Date, got ${describe(value)}`);
    }
    nanoseconds = BigInt(milliseconds) * 1_000_000n;
  } else {
    throw new TypeError(
      `${name}: expected a bigint (UNIX nanoseconds) or a Date, got ${describe(value)}`,
    );
  }
  if (BigInt.asIntN(64, nanoseconds) !== nanoseconds) {
    throw new RangeError(
      `${name}: expected UNIX nanoseconds within an int64, got ${describe(value)}`,
    );
  }
  return nanoseconds;
}

/** A whole number from 0 to 2^64 - 1. */
export function uint64Argument(name: string, value: bigint | number): bigint {
  if (typeof value === "number") {
    if (!Number.isInteger(value) || value < 0) throw notUint64(name, value);
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(
        `${name}: a number beyond 2^53 - 1 is not exact, give a bigint; got ${describe(value)}`,
      );
    }
    return BigInt(value);
  }
  if (typeof value !== "bigint") {
    throw new TypeError(`${name}: expected a bigint or a number, got ${describe(value)}`);
  }
  if (value < 0n || value > maxUint64) throw notUint64(name, value);
  return value;
}

/** Delta and total of a counter, from the options that exclude each other. */
export function counterArguments(options: CounterOptions): { delta: bigint; total: bigint } {
  checkObject("options", options);
  const { delta, total } = options;
  if (total === undefined) {
    return { delta: delta === undefined ? 1n : uint64Argument("delta", delta), total: 0n };
  }
  if (delta !== undefined) {
    throw new TypeError(
      `delta, total: expected one of the two, got delta ${describe(delta)} and total ${describe(total)}`,
    );
  }
  return { delta: 0n, total: uint64Argument("total", total) };
}

/** Whether a log line goes to stdout. */
export function isStdout(stream: unknown): boolean {
  if (stream === undefined || stream === "stderr") return false;
  if (stream === "stdout") return true;
  throw new TypeError(`stream: expected "stdout" or "stderr", got ${describe(stream)}`);
}

/** Whether it is a Uint8Array, of another realm too: test runners and frames have one of their own. */
export function isBytes(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array ||
    (ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]")
  );
}

/** A log's payload: text or bytes. */
export function checkPayload(message: unknown): asserts message is string | Uint8Array {
  if (typeof message !== "string" && !isBytes(message)) {
    throw new TypeError(`message: expected a string or a Uint8Array, got ${describe(message)}`);
  }
}

/** Checks that there are bytes to decode. */
export function checkBytes(bytes: unknown): asserts bytes is Uint8Array {
  if (!isBytes(bytes)) {
    throw new TypeError(`bytes: expected a Uint8Array, got ${describe(bytes)}`);
  }
}

/** Checks that a batch has a list of envelopes, and is not that list. */
export function checkBatch(batch: unknown): asserts batch is { batch: unknown[] } {
  if (!Array.isArray((batch as { batch?: unknown } | null | undefined)?.batch)) {
    throw new TypeError(`batch: expected { batch: [envelope, …] }, got ${describe(batch)}`);
  }
}

/** Checks the metrics of a gauge. */
export function checkMetrics(metrics: unknown): asserts metrics is object {
  if (typeof metrics !== "object" || metrics === null || Array.isArray(metrics)) {
    throw new TypeError(
      `metrics: expected an object such as { cpu: { value: 3 } }, got ${describe(metrics)}`,
    );
  }
}

/** Checks one metric of a gauge. */
export function checkMetric(
  name: string,
  metric: unknown,
): asserts metric is { value: number; unit?: string | undefined } {
  if (typeof metric !== "object" || metric === null) {
    throw new TypeError(
      `metrics[${JSON.stringify(name)}]: expected { value, unit }, got ${describe(metric)}`,
    );
  }
  const { value } = metric as { value?: unknown };
  if (typeof value !== "number") {
    throw new TypeError(
      `metrics[${JSON.stringify(name)}].value: expected a number, got ${describe(value)}`,
    );
  }
}

/** The unit of one metric. */
export function metricUnit(name: string, unit: unknown): string {
  if (unit === undefined) return "";
  if (typeof unit === "string") return unit;
  throw new TypeError(
    `metrics[${JSON.stringify(name)}].unit: expected a string, got ${describe(unit)}`,
  );
}

/** The value and its type as a person reads them, cut where it is long. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(short(value));
  if (value === null || value === undefined) return String(value);
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "an invalid Date" : value.toISOString();
  }
  if (typeof value === "object") return Array.isArray(value) ? "an array" : "an object";
  return `${short(String(value))} (${typeof value})`;
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function notUint64(name: string, value: bigint | number): RangeError {
  return new RangeError(
    `${name}: expected a whole number from 0 to 2^64 - 1, got ${describe(value)}`,
  );
}
