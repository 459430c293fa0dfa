import {
  checkOptionNames,
  formatValue,
  type OptionNames,
  OptionRangeError,
  OptionTypeError,
  objectArgument,
  stringArgument,
} from "@loggregator/core";
import type { CounterOptions, EnvelopeOptions, LogOptions } from "./options.js";

// The checks that builders, writers and codecs share. They run for each envelope, so the valid case
// comes first and allocates nothing.

const maxUint64 = 0xffff_ffff_ffff_ffffn;

/** @throws OptionTypeError if `options` is not an object, or contains an unknown name. */
export function checkEnvelopeOptions(options: unknown): asserts options is EnvelopeOptions {
  objectArgument("options", options);
  for (const name in options) {
    if (!isEnvelopeOption(name)) {
      checkOptionNames("options", options, envelopeOptionNames);
    }
  }
}

/** @throws OptionTypeError if `options` is not an object, or contains an unknown name. */
export function checkLogOptions(options: unknown): asserts options is LogOptions {
  objectArgument("options", options);
  for (const name in options) {
    if (!isEnvelopeOption(name) && name !== "stream" && name !== "sourceType") {
      checkOptionNames<LogOptions>("options", options, {
        ...envelopeOptionNames,
        stream: true,
        sourceType: true,
      });
    }
  }
}

/** @throws OptionTypeError if `options` is not an object, or contains an unknown name. */
export function checkCounterOptions(options: unknown): asserts options is CounterOptions {
  objectArgument("options", options);
  for (const name in options) {
    if (!isEnvelopeOption(name) && name !== "delta" && name !== "total") {
      checkOptionNames<CounterOptions>("options", options, {
        ...envelopeOptionNames,
        delta: true,
        total: true,
      });
    }
  }
}

// Comparisons in a loop take 5 ns. Comparing with the names of the previous call is not faster, and
// look-ups take several times as long.
function isEnvelopeOption(name: string): boolean {
  return name === "sourceId" || name === "instanceId" || name === "tags" || name === "timestamp";
}

const envelopeOptionNames: OptionNames<EnvelopeOptions> = {
  sourceId: true,
  instanceId: true,
  tags: true,
  timestamp: true,
};
const metricNames: OptionNames<{ value: 0; unit: 0; _unknownFields: 0 }> = {
  value: true,
  unit: true,
  // Metrics of a decoded envelope may have unknown fields.
  _unknownFields: true,
};

/** Returns the value if it is a string, or `""` if it is undefined. */
export function optionalText(name: string, value: unknown): string {
  return value === undefined ? "" : stringArgument(name, value);
}

/** @throws OptionTypeError if `tags` is not an object of strings. */
export function checkTags(name: string, tags: unknown): asserts tags is Record<string, string> {
  checkTagsObject(name, tags);
  for (const key of Object.keys(tags)) {
    checkTag(name, key, tags[key]);
  }
}

/** @throws OptionTypeError if `tags` is not an object. The values are not checked. */
export function checkTagsObject(
  name: string,
  tags: unknown,
): asserts tags is Record<string, unknown> {
  if (typeof tags !== "object" || tags === null || Array.isArray(tags)) {
    throw new OptionTypeError(name, "an object of strings", formatValue(tags));
  }
}

/** @throws OptionTypeError if the value of a tag is not a string. */
export function checkTag(name: string, key: string, value: unknown): asserts value is string {
  if (typeof value !== "string") {
    throw new OptionTypeError(entry(name, key), "a string", formatValue(value));
  }
}

/** Returns the path of an entry for messages, such as `tags["a"]`. */
export function entry(name: string, key: string): string {
  return `${name}[${formatValue(key)}]`;
}

/** Checks an integer from 0 to 2^64 - 1. */
export function uint64Argument(name: string, value: bigint | number): bigint {
  if (typeof value === "number") {
    if (Number.isSafeInteger(value) && value >= 0) {
      return BigInt(value);
    }
    if (Number.isInteger(value) && value > 0) {
      const message = `${name} must be a bigint above 2^53 - 1, where numbers are not exact, got ${value}`;
      throw new OptionRangeError(name, "a bigint above 2^53 - 1", String(value), message);
    }
    throw notUint64(name, value);
  }
  if (typeof value !== "bigint") {
    throw new OptionTypeError(name, "a bigint or a number", formatValue(value));
  }
  if (value < 0n || value > maxUint64) {
    throw notUint64(name, value);
  }
  return value;
}

function notUint64(name: string, value: bigint | number): RangeError {
  return new OptionRangeError(name, "an integer from 0 to 2^64 - 1", formatValue(value));
}

/** Checks an integer of 32 bits. Enums may contain numbers without a name. */
export function int32Argument(name: string, value: unknown): number {
  if (typeof value === "number" && (value | 0) === value) {
    return value;
  }
  throw new OptionRangeError(name, "an integer of 32 bits", formatValue(value));
}

export function numberArgument(name: string, value: unknown): number {
  if (typeof value === "number") {
    return value;
  }
  throw new OptionTypeError(name, "a number", formatValue(value));
}

/** Returns the delta and total of a counter from the mutually exclusive options. */
export function counterArguments({ delta, total }: CounterOptions): {
  delta: bigint;
  total: bigint;
  isTotal: boolean;
} {
  if (total === undefined) {
    const checked = delta === undefined ? 1n : uint64Argument("delta", delta);
    return { delta: checked, total: 0n, isTotal: false };
  }
  if (delta !== undefined) {
    const message = `delta and total exclude each other: pass one of them, got delta ${formatValue(delta)} and total ${formatValue(total)}`;
    throw new OptionTypeError("delta", "undefined if total is set", formatValue(delta), message);
  }
  return { delta: 0n, total: uint64Argument("total", total), isTotal: true };
}

/** Returns true if a log line is for stdout. */
export function isStdout(stream: unknown): boolean {
  if (stream === undefined || stream === "stderr") {
    return false;
  }
  if (stream === "stdout") {
    return true;
  }
  throw new OptionTypeError("stream", '"stdout" or "stderr"', formatValue(stream));
}

/**
 * Returns true for a Uint8Array, even one of another realm, as in test runners and frames.
 */
export function isBytes(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array ||
    (ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]")
  );
}

/** @throws OptionTypeError if the payload of a log is neither text nor bytes. */
export function checkPayload(message: unknown): asserts message is string | Uint8Array {
  if (typeof message !== "string" && !isBytes(message)) {
    throw new OptionTypeError("message", "a string or a Uint8Array", formatValue(message));
  }
}

/** @throws OptionTypeError if `bytes` is not a Uint8Array. */
export function checkBytes(name: string, bytes: unknown): asserts bytes is Uint8Array {
  if (!isBytes(bytes)) {
    throw new OptionTypeError(name, "a Uint8Array", formatValue(bytes));
  }
}

/** @throws OptionTypeError if `batch` is not an object with an array `batch`. */
export function checkBatch(batch: unknown): asserts batch is { batch: unknown[] } {
  if (!Array.isArray((batch as { batch?: unknown } | null | undefined)?.batch)) {
    throw new OptionTypeError("batch", "{ batch: [envelope, …] }", formatValue(batch));
  }
}

/** @throws OptionTypeError if the metrics of a gauge are not an object. */
export function checkMetrics(metrics: unknown): asserts metrics is Record<string, unknown> {
  if (typeof metrics !== "object" || metrics === null || Array.isArray(metrics)) {
    const expected = "an object such as { cpu: { value: 3 } }";
    throw new OptionTypeError("metrics", expected, formatValue(metrics));
  }
}

/**
 * @throws OptionTypeError if a metric of a gauge is not `{ value, unit }`. Its values are not
 * checked.
 */
export function checkMetric(
  name: string,
  metric: unknown,
): asserts metric is { value: unknown; unit?: unknown } {
  if (typeof metric !== "object" || metric === null) {
    throw new OptionTypeError(entry("metrics", name), "{ value, unit }", formatValue(metric));
  }
  // A misspelled name leaves one of the two undefined.
  const { value, unit } = metric as { value?: unknown; unit?: unknown };
  if (value !== undefined && unit !== undefined) {
    return;
  }
  for (const key in metric) {
    if (key !== "value" && key !== "unit" && key !== "_unknownFields") {
      checkOptionNames(`metrics.${name}`, metric, metricNames);
    }
  }
}

/** Checks the value of a metric. */
export function metricValue(name: string, value: unknown): number {
  return typeof value === "number"
    ? value
    : numberArgument(`${entry("metrics", name)}.value`, value);
}

/** Checks the unit of a metric, and returns `""` if it is undefined. */
export function metricUnit(name: string, unit: unknown): string {
  if (unit === undefined) {
    return "";
  }
  if (typeof unit === "string") {
    return unit;
  }
  throw new OptionTypeError(`${entry("metrics", name)}.unit`, "a string", formatValue(unit));
}
