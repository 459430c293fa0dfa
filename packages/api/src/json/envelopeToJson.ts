import { mapWith } from "@loggregator/core";
import { encodeBase64 } from "#base64";
import type { Envelope, Value } from "../gen/loggregator/v2/envelope.js";
import type { EnvelopeJson } from "./toJson.js";

/**
 * The JSON of an envelope, without its checks: what `JSON.stringify` makes of the envelopes that this
 * package creates. It is in every bundle that decodes envelopes, so it is small: `toJson` is built on
 * `formatEnvelope` instead.
 */
export function envelopeToJson(envelope: Envelope): EnvelopeJson {
  const { timestamp, sourceId, instanceId, deprecatedTags, tags, message } = envelope;
  const json: Json = {};
  addField(json, "timestamp", timestamp);
  addField(json, "source_id", sourceId);
  addField(json, "instance_id", instanceId);
  addField(json, "deprecated_tags", mapWith(deprecatedTags, valueToJson));
  addField(json, "tags", tags);
  if (message !== undefined) {
    json[message.$case] = fieldsToJson(message.value);
  }
  return json;
}

type Json = Record<string, unknown>;

/** The fields of a message or of a metric. */
function fieldsToJson(message: object): Json {
  const json: Json = {};
  for (const [name, value] of Object.entries(message) as [string, unknown][]) {
    if (name === "type") {
      addField(json, name, [0, "ERR"][value as number] ?? value);
    } else if (name === "metrics") {
      addField(json, name, mapWith(value as Record<string, object>, fieldsToJson));
    } else if (name !== "_unknownFields") {
      addField(json, name, value);
    }
  }
  return json;
}

/** A set member of a oneof is written even if it is zero. */
function valueToJson({ data }: Value): Json {
  return data === undefined ? {} : { [data.$case]: scalarToJson(data.value) };
}

/** Adds a field unless it holds its default. */
function addField(json: Json, name: string, value: unknown): void {
  if (ArrayBuffer.isView(value)) {
    if (value.byteLength > 0) {
      json[name] = encodeBase64(value as Uint8Array);
    }
  } else if (typeof value === "object" ? Object.keys(value ?? {}).length > 0 : value) {
    json[name] = scalarToJson(value);
  } else if (Number.isNaN(value) || Object.is(value, -0)) {
    json[name] = scalarToJson(value);
  }
}

function scalarToJson(value: unknown): unknown {
  const isText =
    typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value));
  return isText ? String(value) : value;
}
