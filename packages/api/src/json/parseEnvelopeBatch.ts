import { escapeControls, formatValue } from "@loggregator/core";
import { decodeBase64 } from "#base64";
import { parseGatewayJson } from "#parseGatewayJson";
import { entry, textArgument } from "../envelope/arguments.js";
import { newEnvelope } from "../envelope/newEnvelope.js";
import { EnvelopeDecodeError } from "../errors.js";
import type {
  Envelope,
  EnvelopeBatch,
  GaugeValue,
  Log_Type,
  Value,
} from "../gen/loggregator/v2/envelope.js";
import { exactInteger, jsonNumber, parseJson } from "./parseJson.js";

/**
 * Parses a batch from JSON in the form in which the RLP gateway writes it (protojson).
 *
 * Field names of older gateways are accepted too (`sourceId` for `source_id`), and 64-bit integers
 * may be strings or numbers. Unknown fields are ignored.
 *
 * @throws EnvelopeDecodeError if the text is not JSON (with the `SyntaxError` as `cause`), or a
 * field has an invalid value. TypeError if `text` is not a string.
 */
export function parseEnvelopeBatch(text: string): EnvelopeBatch {
  textArgument("text", text);
  return { batch: parseGatewayJson(text, parseAnyJson) ?? parseAnyJson(text) };
}

function parseAnyJson(text: string): Envelope[] {
  const { batch } = asObject("the batch", parse(text));
  return present(batch) ? asArray("batch", batch).map(readEnvelope) : [];
}

type JsonObject = Record<string, unknown>;

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    // The engine's message quotes the text as it is.
    const message = escapeControls((cause as Error).message);
    throw new EnvelopeDecodeError(`invalid JSON: ${message}`, { cause });
  }
}

function readEnvelope(json: unknown, index: number): Envelope {
  const at = `batch[${index}]`;
  const fields = asObject(at, json);
  return newEnvelope(
    int64(at, "timestamp", fields["timestamp"]),
    text(at, "source_id", fields["source_id"] ?? fields["sourceId"]),
    text(at, "instance_id", fields["instance_id"] ?? fields["instanceId"]),
    map(at, "deprecated_tags", fields["deprecated_tags"] ?? fields["deprecatedTags"], readValue),
    readTags(at, fields["tags"]),
    readMessage(at, fields),
  );
}

/** The tags are the parsed object itself: every value is a string. */
function readTags(at: string, json: unknown): Record<string, string> {
  if (!present(json)) {
    return {};
  }
  const tags = asObject(`${at}.tags`, json);
  for (const key of Object.keys(tags)) {
    if (typeof tags[key] !== "string") {
      throw unexpected(at, entry("tags", key), "a string", tags[key]);
    }
  }
  return tags as Record<string, string>;
}

type Message = NonNullable<Envelope["message"]>;
type Case = Message["$case"];

function readMessage(at: string, fields: JsonObject): Envelope["message"] {
  let message: Envelope["message"];
  for (const $case of cases) {
    const json = fields[$case];
    if (!present(json)) {
      continue;
    }
    if (message !== undefined) {
      throw new EnvelopeDecodeError(
        `${at} must have one message, got both ${message.$case} and ${$case}`,
      );
    }
    const path = `${at}.${$case}`;
    message = { $case, value: readers[$case](path, asObject(path, json)) } as Message;
  }
  return message;
}

const readers: {
  readonly [C in Case]: (at: string, fields: JsonObject) => Extract<Message, { $case: C }>["value"];
} = {
  log: (at, { payload, type }) => ({ payload: bytes(at, payload), type: logType(at, type) }),
  counter: (at, { name, delta, total }) => ({
    name: text(at, "name", name),
    delta: uint64(at, "delta", delta),
    total: uint64(at, "total", total),
  }),
  gauge: (at, { metrics }) => ({ metrics: map(at, "metrics", metrics, readMetric) }),
  timer: (at, { name, start, stop }) => ({
    name: text(at, "name", name),
    start: int64(at, "start", start),
    stop: int64(at, "stop", stop),
  }),
  event: (at, { title, body }) => ({
    title: text(at, "title", title),
    body: text(at, "body", body),
  }),
};

const cases = Object.keys(readers) as Case[];

function readMetric(at: string, json: unknown): GaugeValue {
  const { unit, value } = asObject(at, json);
  return { unit: text(at, "unit", unit), value: double(at, "value", value) };
}

function readValue(at: string, json: unknown): Value {
  const { text: asText, integer, decimal } = asObject(at, json);
  if ([asText, integer, decimal].filter(present).length > 1) {
    throw new EnvelopeDecodeError(`${at} must have one of text, integer and decimal, got several`);
  }
  if (present(asText)) {
    return { data: { $case: "text", value: text(at, "text", asText) } };
  }
  if (present(integer)) {
    return { data: { $case: "integer", value: int64(at, "integer", integer) } };
  }
  if (present(decimal)) {
    return { data: { $case: "decimal", value: double(at, "decimal", decimal) } };
  }
  return { data: undefined };
}

/** In protojson, null means that a field is left out. */
function present(json: unknown): boolean {
  return json !== undefined && json !== null;
}

function text(at: string, name: string, json: unknown): string {
  if (typeof json === "string") {
    return json;
  }
  if (!present(json)) {
    return "";
  }
  throw unexpected(at, name, "a string", json);
}

function int64(at: string, name: string, json: unknown): bigint {
  const value = integer(at, name, json);
  if (BigInt.asIntN(64, value) !== value) {
    throw unexpected(at, name, "an int64", json);
  }
  return value;
}

function uint64(at: string, name: string, json: unknown): bigint {
  const value = integer(at, name, json);
  if (BigInt.asUintN(64, value) !== value) {
    throw unexpected(at, name, "a uint64", json);
  }
  return value;
}

function integer(at: string, name: string, json: unknown): bigint {
  if (typeof json === "string" && /^-?[1-9]\d{0,19}$/.test(json)) {
    return BigInt(json);
  }
  if (!present(json)) {
    return 0n;
  }
  if (typeof json === "bigint") {
    return json;
  }
  const value =
    typeof json === "string" || typeof json === "number" ? exactInteger(String(json)) : undefined;
  if (value === undefined) {
    throw unexpected(at, name, "an integer", json);
  }
  return value;
}

function double(at: string, name: string, json: unknown): number {
  if (!present(json)) {
    return 0;
  }
  if (json === "NaN" || json === "Infinity" || json === "-Infinity") {
    return Number(json);
  }
  const isNumber =
    typeof json === "string"
      ? jsonNumber.test(json)
      : typeof json === "number" || typeof json === "bigint";
  const number = isNumber ? Number(json) : Number.NaN;
  // Infinite here is what lies beyond a double, 1e400 for example.
  if (!Number.isFinite(number)) {
    throw unexpected(at, name, "a double", json);
  }
  return number;
}

function bytes(at: string, json: unknown): Uint8Array {
  if (!present(json)) {
    return new Uint8Array();
  }
  const value = typeof json === "string" ? decodeBase64(json) : undefined;
  if (value === undefined) {
    throw unexpected(at, "payload", "base64", json);
  }
  return value;
}

function logType(at: string, json: unknown): Log_Type {
  if (!present(json) || json === "OUT") {
    return 0;
  }
  if (json === "ERR") {
    return 1;
  }
  // An enum may hold numbers that have no name yet.
  if (typeof json === "number" && (json | 0) === json) {
    return (json | 0) as Log_Type;
  }
  throw unexpected(at, "type", '"OUT", "ERR" or a number', json);
}

/** A map with the values converted: the parsed object itself, whose `__proto__` is a property. */
function map<T>(
  at: string,
  name: string,
  json: unknown,
  read: (at: string, json: unknown) => T,
): Record<string, T> {
  if (!present(json)) {
    return {};
  }
  const path = `${at}.${name}`;
  const entries = asObject(path, json);
  for (const key of Object.keys(entries)) {
    entries[key] = read(entry(path, key), entries[key]);
  }
  return entries as Record<string, T>;
}

function asObject(at: string, json: unknown): JsonObject {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new EnvelopeDecodeError(`${at} must be an object, got ${formatValue(json)}`);
  }
  return json as JsonObject;
}

function asArray(at: string, json: unknown): unknown[] {
  if (!Array.isArray(json)) {
    throw new EnvelopeDecodeError(`${at} must be an array, got ${formatValue(json)}`);
  }
  return json;
}

function unexpected(at: string, name: string, expected: string, json: unknown): Error {
  return new EnvelopeDecodeError(`${at}.${name} must be ${expected}, got ${formatValue(json)}`);
}
