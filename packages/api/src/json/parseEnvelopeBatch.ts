import {
  escapeControls,
  exactInteger,
  formatValue,
  jsonNumber,
  parseJson,
  stringArgument,
} from "@loggregator/core";
import { decodeBase64 } from "#base64";
import { parseGatewayJson } from "#parseGatewayJson";
import { entry } from "../envelope/arguments.js";
import { newEnvelope } from "../envelope/newEnvelope.js";
import { EnvelopeDecodeError } from "../errors.js";
import type {
  Envelope,
  EnvelopeBatch,
  GaugeValue,
  Log_Type,
  Value,
} from "../gen/loggregator/v2/envelope.js";

/**
 * Parses a batch from JSON in the form of the RLP gateway (protojson).
 *
 * The field names of older gateways are accepted as well (`sourceId` for `source_id`). 64-bit
 * integers may be strings or numbers. Unknown fields are ignored.
 *
 * @throws EnvelopeDecodeError if the text is not JSON (with the `SyntaxError` as `cause`), or a
 * field has an invalid value. TypeError if `text` is not a string.
 */
export function parseEnvelopeBatch(text: string): EnvelopeBatch {
  stringArgument("text", text);
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
    // The engine's message quotes the text unescaped.
    const message = escapeControls((cause as Error).message);
    throw new EnvelopeDecodeError(`invalid JSON: ${message}`, { cause });
  }
}

function readEnvelope(json: unknown, index: number): Envelope {
  const at = `batch[${index}]`;
  const fields = asObject(at, json);
  const { sourceId, instanceId, deprecatedTags } = fields;
  return newEnvelope(
    int64(at, fields, "timestamp"),
    text(at, fields, "source_id", fields["source_id"] ?? sourceId),
    text(at, fields, "instance_id", fields["instance_id"] ?? instanceId),
    map(at, fields, "deprecated_tags", readValue, fields["deprecated_tags"] ?? deprecatedTags),
    readTags(at, fields),
    readOneOf(at, fields, messages) as Envelope["message"],
  );
}

/** Returns the parsed object itself after checking that every value is a string. */
function readTags(at: string, fields: JsonObject): Record<string, string> {
  if (!present(fields["tags"])) {
    return {};
  }
  const tags = asObject(`${at}.tags`, fields["tags"]);
  for (const key of Object.keys(tags)) {
    if (typeof tags[key] !== "string") {
      throw unexpected(at, entry("tags", key), "a string", tags[key]);
    }
  }
  return tags as Record<string, string>;
}

/** Reads a field by name. `at` is the path of its object, for messages. */
type ReadField<T> = (at: string, fields: JsonObject, name: string) => T;
type ReadFields<T> = (at: string, fields: JsonObject) => T;

/** Reads the one field of a oneof that is present, if any. */
function readOneOf(at: string, fields: JsonObject, readers: Record<string, ReadField<unknown>>) {
  let found: { $case: string; value: unknown } | undefined;
  for (const $case in readers) {
    if (!present(fields[$case])) {
      continue;
    }
    if (found !== undefined) {
      throw new EnvelopeDecodeError(`${at} must not have both ${found.$case} and ${$case}`);
    }
    found = { $case, value: (readers[$case] as ReadField<unknown>)(at, fields, $case) };
  }
  return found;
}

type Message = NonNullable<Envelope["message"]>;

const messages: {
  readonly [C in Message["$case"]]: ReadField<Extract<Message, { $case: C }>["value"]>;
} = {
  log: object((at, fields) => ({ payload: bytes(at, fields), type: logType(at, fields) })),
  counter: object((at, fields) => ({
    name: text(at, fields, "name"),
    delta: uint64(at, fields, "delta"),
    total: uint64(at, fields, "total"),
  })),
  gauge: object((at, fields) => ({ metrics: map(at, fields, "metrics", readMetric) })),
  timer: object((at, fields) => ({
    name: text(at, fields, "name"),
    start: int64(at, fields, "start"),
    stop: int64(at, fields, "stop"),
  })),
  event: object((at, fields) => ({
    title: text(at, fields, "title"),
    body: text(at, fields, "body"),
  })),
};

function object<T>(read: ReadFields<T>): ReadField<T> {
  return (at, fields, name) => {
    const path = `${at}.${name}`;
    return read(path, asObject(path, fields[name]));
  };
}

function readMetric(at: string, fields: JsonObject): GaugeValue {
  return { unit: text(at, fields, "unit"), value: double(at, fields, "value") };
}

function readValue(at: string, fields: JsonObject): Value {
  return { data: readOneOf(at, fields, values) as Value["data"] };
}

const values = { text, integer: int64, decimal: double };

/** In protojson, null means that a field is absent. */
function present(json: unknown): boolean {
  return json !== undefined && json !== null;
}

function text(at: string, fields: JsonObject, name: string, json = fields[name]): string {
  if (typeof json === "string") {
    return json;
  }
  if (!present(json)) {
    return "";
  }
  throw unexpected(at, name, "a string", json);
}

function int64(at: string, fields: JsonObject, name: string): bigint {
  return integer(at, fields, name, "an int64", BigInt.asIntN);
}

function uint64(at: string, fields: JsonObject, name: string): bigint {
  return integer(at, fields, name, "a uint64", BigInt.asUintN);
}

function integer(
  at: string,
  fields: JsonObject,
  name: string,
  expected: string,
  wrap: (bits: number, value: bigint) => bigint,
): bigint {
  const json = fields[name];
  if (!present(json)) {
    return 0n;
  }
  const value = toBigint(json);
  if (value === undefined) {
    throw unexpected(at, name, "an integer", json);
  }
  if (wrap(64, value) !== value) {
    throw unexpected(at, name, expected, json);
  }
  return value;
}

function toBigint(json: unknown): bigint | undefined {
  if (typeof json === "string" && /^-?[1-9]\d{0,19}$/.test(json)) {
    return BigInt(json);
  }
  if (typeof json === "bigint") {
    return json;
  }
  return typeof json === "string" || typeof json === "number"
    ? exactInteger(String(json))
    : undefined;
}

function double(at: string, fields: JsonObject, name: string): number {
  const json = fields[name];
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
  // An infinite result means that the number exceeds a double, such as 1e400.
  if (!Number.isFinite(number)) {
    throw unexpected(at, name, "a double", json);
  }
  return number;
}

function bytes(at: string, { payload }: JsonObject): Uint8Array {
  if (!present(payload)) {
    return new Uint8Array();
  }
  const value = typeof payload === "string" ? decodeBase64(payload) : undefined;
  if (value === undefined) {
    throw unexpected(at, "payload", "base64", payload);
  }
  return value;
}

function logType(at: string, { type }: JsonObject): Log_Type {
  if (!present(type) || type === "OUT") {
    return 0;
  }
  if (type === "ERR") {
    return 1;
  }
  // An enum may contain numbers without a name.
  if (typeof type === "number" && (type | 0) === type) {
    return (type | 0) as Log_Type;
  }
  throw unexpected(at, "type", '"OUT", "ERR" or a number', type);
}

/** Converts the values of a map in place: a parsed object has `__proto__` as its own property. */
function map<T>(
  at: string,
  fields: JsonObject,
  name: string,
  read: (at: string, fields: JsonObject) => T,
  json = fields[name],
): Record<string, T> {
  if (!present(json)) {
    return {};
  }
  const path = `${at}.${name}`;
  const entries = asObject(path, json);
  for (const key of Object.keys(entries)) {
    const at = entry(path, key);
    entries[key] = read(at, asObject(at, entries[key]));
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
