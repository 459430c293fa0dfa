import { checkBatch } from "../envelope/arguments.js";
import type { Envelope, EnvelopeBatch, Value } from "../gen/loggregator/v2/envelope.js";
import { encodeBase64 } from "./base64.js";

/** How JSON is written. */
export interface FormatOptions {
  /** Whether fields that hold their default are written, as the gateway does. Default: false. */
  readonly emitUnpopulated?: boolean | undefined;
}

/**
 * The batch as JSON, as the RLP gateway writes it (protojson): 64-bit integers as strings, bytes
 * as base64, enums by name, NaN and infinities as strings. JSON has no place for unknown fields.
 *
 * @throws TypeError for what is no batch.
 */
export function formatEnvelopeBatch(batch: EnvelopeBatch, options: FormatOptions = {}): string {
  checkBatch(batch);
  const all = options.emitUnpopulated ?? false;
  const envelopes = batch.batch.map((envelope) => formatEnvelope(envelope, all));
  return wellFormed(object([(all || envelopes.length > 0) && `"batch":[${envelopes.join(",")}]`]));
}

/**
 * JSON in which lone surrogates, which UTF-8 has no bytes for, are U+FFFD, as in the binary form.
 * JSON.stringify writes them as escapes, and no other character as `\ud` and two digits.
 */
function wellFormed(json: string): string {
  if (!json.includes("\\ud")) return json;
  return json.replace(/\\(?:ud...|.)/g, (escaped) => (escaped.length > 2 ? "\ufffd" : escaped));
}

/** A field of an object, or what stands for one that is left out. */
type Field = string | false | undefined;

function formatEnvelope(envelope: Envelope, all: boolean): string {
  const { timestamp, sourceId, instanceId, deprecatedTags, tags, message } = envelope;
  return object([
    integer("timestamp", timestamp, all),
    text("source_id", sourceId, all),
    text("instance_id", instanceId, all),
    map("deprecated_tags", deprecatedTags, (value) => formatValue(value), all),
    map("tags", tags, (value) => JSON.stringify(value), all),
    message && `"${message.$case}":${formatMessage(message, all)}`,
  ]);
}

function formatMessage(message: NonNullable<Envelope["message"]>, all: boolean): string {
  switch (message.$case) {
    case "log": {
      const { payload, type } = message.value;
      return object([
        (all || payload.length > 0) && `"payload":"${encodeBase64(payload)}"`,
        (all || type !== 0) && `"type":${logTypes[type] ?? type}`,
      ]);
    }
    case "counter": {
      const { name, delta, total } = message.value;
      return object([
        text("name", name, all),
        integer("delta", delta, all),
        integer("total", total, all),
      ]);
    }
    case "gauge":
      return object([
        map(
          "metrics",
          message.value.metrics,
          ({ unit, value }) =>
            object([
              text("unit", unit, all),
              (all || value !== 0 || Object.is(value, -0)) && `"value":${double(value)}`,
            ]),
          all,
        ),
      ]);
    case "timer": {
      const { name, start, stop } = message.value;
      return object([
        text("name", name, all),
        integer("start", start, all),
        integer("stop", stop, all),
      ]);
    }
    case "event": {
      const { title, body } = message.value;
      return object([text("title", title, all), text("body", body, all)]);
    }
  }
}

const logTypes: Readonly<Record<number, string>> = { 0: '"OUT"', 1: '"ERR"' };

function formatValue({ data }: Value): string {
  switch (data?.$case) {
    case "text":
      return `{"text":${JSON.stringify(data.value)}}`;
    case "integer":
      return `{"integer":"${data.value}"}`;
    case "decimal":
      return `{"decimal":${double(data.value)}}`;
    case undefined:
      return "{}";
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
  format: (value: T) => string,
  all: boolean,
): Field {
  const members = Object.keys(entries)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${format(entries[key] as T)}`);
  return (all || members.length > 0) && `"${name}":{${members.join(",")}}`;
}

function double(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? "-0" : String(value);
}
