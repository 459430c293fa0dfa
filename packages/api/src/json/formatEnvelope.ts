import {
  checkOptionNames,
  formatValue,
  nanosecondsArgument,
  type OptionNames,
  OptionTypeError,
  objectArgument,
  optionalBoolean,
  stringArgument,
} from "@loggregator/core";
import { encodeBase64 } from "#base64";
import {
  checkBytes,
  checkMetric,
  checkMetrics,
  checkTag,
  checkTagsObject,
  entry,
  int32Argument,
  metricUnit,
  metricValue,
  numberArgument,
  optionalText,
  uint64Argument,
} from "../envelope/arguments.js";
import type { Envelope } from "../gen/loggregator/v2/envelope.js";

/** Options of the JSON form. */
export interface FormatOptions {
  /**
   * If true, fields with default values are written as well, as by the RLP gateway.
   *
   * @default false
   */
  readonly emitUnpopulated?: boolean | undefined;
}

const optionNames: OptionNames<FormatOptions> = { emitUnpopulated: true };

/** Returns the option, or its default. */
export function emitsUnpopulated(options: FormatOptions): boolean {
  checkOptionNames("options", options, optionNames);
  return optionalBoolean("emitUnpopulated", options.emitUnpopulated, false);
}

/**
 * Returns one envelope as JSON, in the form of the RLP gateway (protojson): 64-bit integers as
 * strings, bytes as base64, enums by name, NaN and infinities as strings. Unknown fields are
 * omitted, because JSON cannot represent them.
 *
 * @throws TypeError, RangeError for an invalid or unknown option, and for fields of the wrong type or
 * out of range.
 */
export function formatEnvelope(envelope: Envelope, options: FormatOptions = {}): string {
  return wellFormed(envelopeJson(envelope, "envelope", emitsUnpopulated(options)));
}

/**
 * Replaces lone surrogates, which UTF-8 cannot encode, with U+FFFD, as in the binary form.
 * JSON.stringify writes them as `\ud` escapes, which it uses for no other character.
 */
export function wellFormed(json: string): string {
  if (!json.includes("\\ud")) {
    return json;
  }
  return json.replace(/\\(?:ud...|.)/g, (escaped) => (escaped.length > 2 ? "\ufffd" : escaped));
}

/** A field of an object; `undefined`, `""` and `false` are omitted. */
type Field = string | false | undefined;

/** Returns an envelope as JSON that may contain lone surrogates. `path` is its name in messages. */
export function envelopeJson(envelope: Envelope, path: string, all: boolean): string {
  objectArgument(path, envelope);
  const { timestamp = 0n, sourceId, instanceId, deprecatedTags = {}, tags = {} } = envelope;
  const { message } = envelope;
  objectArgument("deprecatedTags", deprecatedTags);
  checkTagsObject("tags", tags);
  return object([
    integer("timestamp", nanosecondsArgument("timestamp", timestamp), all),
    text("source_id", optionalText("sourceId", sourceId), all),
    text("instance_id", optionalText("instanceId", instanceId), all),
    map("deprecated_tags", deprecatedTags, valueJson, all),
    map("tags", tags, tagJson, all),
    message !== undefined && messageJson(message, all),
  ]);
}

function tagJson(name: string, value: unknown): string {
  checkTag("tags", name, value);
  return JSON.stringify(value);
}

function messageJson(message: NonNullable<Envelope["message"]>, all: boolean): string {
  objectArgument("message", message);
  const { $case } = message;
  const format = Object.hasOwn(formats, $case) ? formats[$case] : undefined;
  if (format === undefined) {
    const expected = '"log", "counter", "gauge", "timer" or "event"';
    throw new OptionTypeError("message.$case", expected, formatValue($case));
  }
  objectArgument($case, message.value);
  return `"${$case}":${object(format(message.value as never, all))}`;
}

type Message = NonNullable<Envelope["message"]>;
type Formats = {
  readonly [Case in Message["$case"]]: (
    value: Extract<Message, { $case: Case }>["value"],
    all: boolean,
  ) => Field[];
};

const formats: Formats = {
  log({ payload, type }, all) {
    checkBytes("log.payload", payload);
    return [
      (all || payload.length > 0) && `"payload":"${encodeBase64(payload)}"`,
      (all || type !== 0) && `"type":${logTypes[type] ?? int32Argument("log.type", type)}`,
    ];
  },
  counter: ({ name, delta, total }, all) => [
    text("name", stringArgument("counter.name", name), all),
    integer("delta", uint64Argument("counter.delta", delta), all),
    integer("total", uint64Argument("counter.total", total), all),
  ],
  gauge({ metrics }, all) {
    checkMetrics(metrics);
    return [map("metrics", metrics, (name, metric) => metricJson(name, metric, all), all)];
  },
  timer: ({ name, start, stop }, all) => [
    text("name", stringArgument("timer.name", name), all),
    integer("start", nanosecondsArgument("timer.start", start), all),
    integer("stop", nanosecondsArgument("timer.stop", stop), all),
  ],
  event: ({ title, body }, all) => [
    text("title", stringArgument("event.title", title), all),
    text("body", stringArgument("event.body", body), all),
  ],
};

const logTypes: Readonly<Record<number, string>> = { 0: '"OUT"', 1: '"ERR"' };

function metricJson(name: string, metric: unknown, all: boolean): string {
  checkMetric(name, metric);
  const value = metricValue(name, metric.value);
  return object([
    text("unit", metricUnit(name, metric.unit), all),
    (all || value !== 0 || Object.is(value, -0)) && `"value":${double(value)}`,
  ]);
}

function valueJson(name: string, value: unknown): string {
  const path = entry("deprecatedTags", name);
  objectArgument(path, value);
  const { data } = value as { data?: { $case: unknown; value: unknown } };
  if (data === undefined) {
    return "{}";
  }
  switch (data.$case) {
    case "text":
      return `{"text":${JSON.stringify(stringArgument(path, data.value))}}`;
    case "integer":
      return `{"integer":"${nanosecondsArgument(path, data.value as bigint)}"}`;
    case "decimal":
      return `{"decimal":${double(numberArgument(path, data.value))}}`;
    default: {
      const expected = '"text", "integer" or "decimal"';
      throw new OptionTypeError(`${path}.data.$case`, expected, formatValue(data.$case));
    }
  }
}

function object(fields: readonly Field[]): string {
  return `{${fields.filter((field) => typeof field === "string").join(",")}}`;
}

function text(name: string, value: string, all: boolean): Field {
  return (all || value !== "") && `"${name}":${JSON.stringify(value)}`;
}

function integer(name: string, value: bigint, all: boolean): Field {
  return (all || value !== 0n) && `"${name}":"${value}"`;
}

function map<T>(
  name: string,
  entries: Readonly<Record<string, T>>,
  format: (name: string, value: T) => string,
  all: boolean,
): Field {
  const members = Object.keys(entries)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${format(key, entries[key] as T)}`);
  return (all || members.length > 0) && `"${name}":{${members.join(",")}}`;
}

function double(value: number): string {
  if (!Number.isFinite(value)) {
    return `"${value}"`;
  }
  return Object.is(value, -0) ? "-0" : String(value);
}
