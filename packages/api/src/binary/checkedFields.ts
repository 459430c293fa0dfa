import {
  formatValue,
  nanosecondsArgument,
  OptionTypeError,
  objectArgument,
  stringArgument,
} from "@loggregator/core";
import {
  checkBytes,
  checkMetric,
  checkMetrics,
  entry,
  int32Argument,
  metricUnit,
  metricValue,
  numberArgument,
  uint64Argument,
} from "../envelope/arguments.js";
import type { Envelope, Value } from "../gen/loggregator/v2/envelope.js";

// Checked copies of the contents of an envelope. Creating a copy may run user code, such as a
// getter that emits; writing it does not. An envelope is copied before its first byte is written.

/** A checked copy of a message. */
export type CheckedMessage =
  | { $case: "log"; payload: Uint8Array; type: number; unknown: UnknownField[] | undefined }
  | {
      $case: "counter";
      name: string;
      delta: bigint;
      total: bigint;
      unknown: UnknownField[] | undefined;
    }
  | { $case: "gauge"; metrics: CheckedMetrics; unknown: UnknownField[] | undefined }
  | {
      $case: "timer";
      name: string;
      start: bigint;
      stop: bigint;
      unknown: UnknownField[] | undefined;
    }
  | { $case: "event"; title: string; body: string; unknown: UnknownField[] | undefined };

/** Checked metrics of a gauge. */
export interface CheckedMetrics {
  readonly names: readonly string[];
  /** Alternating units and values: one list takes a third of the time that two would take. */
  readonly unitsAndValues: readonly (string | number)[];
  /** The unknown fields of each metric. Undefined if no metric has any. */
  readonly unknown: readonly (UnknownField[] | undefined)[] | undefined;
}

/** A checked deprecated tag. */
export interface CheckedDeprecatedTag {
  readonly name: string;
  readonly data: Value["data"];
  readonly unknown: UnknownField[] | undefined;
}

/** An unknown field: its tag (number and wire type) and its value, as on the wire. */
export interface UnknownField {
  readonly tag: number;
  readonly bytes: Uint8Array;
}

/**
 * Returns a checked copy of a message.
 *
 * @throws OptionTypeError, OptionRangeError for a message that cannot be encoded.
 */
export function checkedMessage(message: NonNullable<Envelope["message"]>): CheckedMessage {
  objectArgument("message", message);
  const { $case } = message;
  switch ($case) {
    case "log": {
      objectArgument($case, message.value);
      const { payload, type, _unknownFields } = message.value;
      checkBytes("log.payload", payload);
      return {
        $case,
        payload,
        type: int32Argument("log.type", type),
        unknown: checkedUnknownFields(_unknownFields),
      };
    }
    case "counter": {
      objectArgument($case, message.value);
      const { name, delta, total, _unknownFields } = message.value;
      return {
        $case,
        name: stringArgument("counter.name", name),
        delta: uint64Argument("counter.delta", delta),
        total: uint64Argument("counter.total", total),
        unknown: checkedUnknownFields(_unknownFields),
      };
    }
    case "gauge": {
      objectArgument($case, message.value);
      const { metrics, _unknownFields } = message.value;
      const unknown = checkedUnknownFields(_unknownFields);
      return { $case, metrics: checkedMetrics(metrics), unknown };
    }
    case "timer": {
      objectArgument($case, message.value);
      const { name, start, stop, _unknownFields } = message.value;
      return {
        $case,
        name: stringArgument("timer.name", name),
        start: nanosecondsArgument("timer.start", start),
        stop: nanosecondsArgument("timer.stop", stop),
        unknown: checkedUnknownFields(_unknownFields),
      };
    }
    case "event": {
      objectArgument($case, message.value);
      const { title, body, _unknownFields } = message.value;
      return {
        $case,
        title: stringArgument("event.title", title),
        body: stringArgument("event.body", body),
        unknown: checkedUnknownFields(_unknownFields),
      };
    }
    default: {
      const expected = '"log", "counter", "gauge", "timer" or "event"';
      throw new OptionTypeError("message.$case", expected, formatValue($case));
    }
  }
}

/**
 * Returns a checked copy of a gauge's metrics.
 *
 * @throws OptionTypeError for metrics that cannot be encoded.
 */
export function checkedMetrics(metrics: unknown): CheckedMetrics {
  checkMetrics(metrics);
  const names = Object.keys(metrics);
  const unitsAndValues = new Array<string | number>(names.length * 2);
  let unknown: (UnknownField[] | undefined)[] | undefined;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const metric = metrics[name];
    checkMetric(name, metric);
    unitsAndValues[2 * i] = metricUnit(name, metric.unit);
    unitsAndValues[2 * i + 1] = metricValue(name, metric.value);
    const { _unknownFields } = metric as { _unknownFields?: Envelope["_unknownFields"] };
    if (_unknownFields !== undefined) {
      unknown ??= [];
      unknown[i] = checkedUnknownFields(_unknownFields);
    }
  }
  return { names, unitsAndValues, unknown };
}

/**
 * Returns a checked copy of deprecated tags, or undefined if there are none.
 *
 * @throws OptionTypeError for tags that cannot be encoded.
 */
export function checkedDeprecatedTags(tags: unknown): CheckedDeprecatedTag[] | undefined {
  if (tags === undefined) {
    return undefined;
  }
  objectArgument("deprecatedTags", tags);
  for (const _ in tags) {
    return Object.entries(tags).map(([name, tag]) => checkedDeprecatedTag(name, tag));
  }
  return undefined;
}

function checkedDeprecatedTag(name: string, tag: Value): CheckedDeprecatedTag {
  const path = entry("deprecatedTags", name);
  objectArgument(path, tag);
  const unknown = checkedUnknownFields(tag._unknownFields);
  if (tag.data === undefined) {
    return { name, data: undefined, unknown };
  }
  objectArgument(path, tag.data);
  const { $case, value } = tag.data;
  switch ($case) {
    case "text":
      return { name, data: { $case, value: stringArgument(path, value) }, unknown };
    case "integer":
      if (typeof value !== "bigint" || BigInt.asIntN(64, value) !== value) {
        throw new OptionTypeError(path, "a bigint in the range of an int64", formatValue(value));
      }
      return { name, data: { $case, value }, unknown };
    case "decimal":
      return { name, data: { $case, value: numberArgument(path, value) }, unknown };
    default: {
      const expected = '"text", "integer" or "decimal"';
      throw new OptionTypeError(`${path}.data.$case`, expected, formatValue($case));
    }
  }
}

/**
 * Returns a checked copy of unknown fields.
 *
 * @throws OptionTypeError for unknown fields that are not lists of bytes by field tag.
 */
export function checkedUnknownFields(
  fields: Envelope["_unknownFields"],
): UnknownField[] | undefined {
  if (fields === undefined) {
    return undefined;
  }
  objectArgument("_unknownFields", fields);
  return Object.entries(fields).flatMap(([key, values]) => {
    const path = entry("_unknownFields", key);
    const tag = Number(key);
    if (!(tag >>> 0 === tag && tag > 7)) {
      throw new OptionTypeError(path, "named by a field's tag on the wire", formatValue(key));
    }
    if (!Array.isArray(values)) {
      throw new OptionTypeError(path, "an array of Uint8Array", formatValue(values));
    }
    return values.map((bytes: unknown, index) => {
      checkBytes(`${path}[${index}]`, bytes);
      return { tag, bytes };
    });
  });
}
