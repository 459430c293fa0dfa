import { mapWith } from "@loggregator/core";
import { encodeBase64 } from "#base64";
import type { Envelope, Value } from "../gen/loggregator/v2/envelope.js";
import type { EnvelopeJson } from "./toJson.js";

/**
 * Converts an envelope to JSON without checking it, for `JSON.stringify` of envelopes that this
 * package creates. It is separate from `formatEnvelope`, and small, because every bundle that
 * decodes envelopes contains it.
 */
export function envelopeToJson({ message, ...envelope }: Envelope): EnvelopeJson {
  const json = fieldsToJson(envelope);
  if (message !== undefined) {
    json[message.$case] = fieldsToJson(message.value);
  }
  return json;
}

type Json = Record<string, unknown>;

/** Converts the fields of an envelope, a message or a metric; omits those with default values. */
function fieldsToJson(fields: object): Json {
  const json: Json = {};
  for (const [name, value] of Object.entries(fields)) {
    const written = fieldToJson(name, value);
    if (written !== undefined) {
      json[name.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`)] = written;
    }
  }
  return json;
}

/** Returns undefined for a field that is omitted. */
function fieldToJson(name: string, value: unknown): unknown {
  if (name === "_unknownFields") {
    return undefined;
  }
  if (name === "type" && value === 1) {
    return "ERR";
  }
  if (ArrayBuffer.isView(value)) {
    return encodeBase64(value as Uint8Array) || undefined;
  }
  if (typeof value === "object") {
    const map = mapToJson(name, value as Record<string, never>);
    return Object.keys(map).length > 0 ? map : undefined;
  }
  return value || Object.is(value, -0) || Number.isNaN(value) ? scalarToJson(value) : undefined;
}

function mapToJson(name: string, map: Readonly<Record<string, never>>): Json {
  if (name === "metrics") {
    return mapWith(map, fieldsToJson);
  }
  return name === "deprecatedTags" ? mapWith(map, valueToJson) : (map ?? {});
}

/** Converts a value. Zeros are not omitted, because they show which member of the oneof is set. */
function valueToJson({ data }: Value): Json {
  return data === undefined ? {} : { [data.$case]: scalarToJson(data.value) };
}

function scalarToJson(value: unknown): unknown {
  const isText =
    typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value));
  return isText ? String(value) : value;
}
