import { escapeControls, formatValue, setOwn } from "@loggregator/core";
import { entry, textArgument } from "../envelope/arguments.js";
import { newEnvelope } from "../envelope/newEnvelope.js";
import { EnvelopeDecodeError } from "../errors.js";
import {
  type Envelope,
  type EnvelopeBatch,
  type GaugeValue,
  Log_Type,
  type Value,
} from "../gen/loggregator/v2/envelope.js";
import { decodeBase64 } from "./base64.js";
import { parseGatewayJson } from "./parseGatewayJson.js";
import { exactInteger, parseJson } from "./parseJson.js";

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
  return { batch: parseFast(text) ?? parseAnyJson(text) };
}

function parseFast(text: string): Envelope[] | undefined {
  try {
    return parseGatewayJson(text, parseAnyJson);
  } catch {
    // A part of it is invalid. Parsing the whole of it says what and where.
    return undefined;
  }
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
  const deprecatedTags = fields["deprecated_tags"] ?? fields["deprecatedTags"];
  return newEnvelope(
    int64(at, "timestamp", fields["timestamp"]),
    text(at, "source_id", fields["source_id"] ?? fields["sourceId"]),
    text(at, "instance_id", fields["instance_id"] ?? fields["instanceId"]),
    present(deprecatedTags) ? map(`${at}.deprecated_tags`, deprecatedTags, readValue) : {},
    readTags(at, fields["tags"]),
    readMessage(at, fields),
  );
}

/** The tags are the parsed object itself: every value is a string. */
function readTags(at: string, json: unknown): Record<string, string> {
  if (!present(json)) return {};
  const tags = asObject(`${at}.tags`, json);
  for (const key of Object.keys(tags)) {
    if (typeof tags[key] !== "string") {
      throw unexpected(at, entry("tags", key), "a string", tags[key]);
    }
  }
  return tags as Record<string, string>;
}

function readMessage(at: string, fields: JsonObject): Envelope["message"] {
  let message: Envelope["message"];
  for (const $case of cases) {
    const json = fields[$case];
    if (!present(json)) continue;
    if (message !== undefined) {
      throw new EnvelopeDecodeError(
        `${at} must have one message, got both ${message.$case} and ${$case}`,
      );
    }
    message = readCase(`${at}.${$case}`, $case, json);
  }
  return message;
}

const cases = ["log", "counter", "gauge", "timer", "event"] as const;

function readCase(at: string, $case: (typeof cases)[number], json: unknown): Envelope["message"] {
  const fields = asObject(at, json);
  switch ($case) {
    case "log":
      return {
        $case,
        value: {
          payload: bytes(at, "payload", fields["payload"]),
          type: logType(at, fields["type"]),
        },
      };
    case "counter":
      return {
        $case,
        value: {
          name: text(at, "name", fields["name"]),
          delta: uint64(at, "delta", fields["delta"]),
          total: uint64(at, "total", fields["total"]),
        },
      };
    case "gauge": {
      const { metrics } = fields;
      return {
        $case,
        value: { metrics: present(metrics) ? map(`${at}.metrics`, metrics, readMetric) : {} },
      };
    }
    case "timer":
      return {
        $case,
        value: {
          name: text(at, "name", fields["name"]),
          start: int64(at, "start", fields["start"]),
          stop: int64(at, "stop", fields["stop"]),
        },
      };
    case "event":
      return {
        $case,
        value: {
          title: text(at, "title", fields["title"]),
          body: text(at, "body", fields["body"]),
        },
      };
  }
}

function readMetric(at: string, json: unknown): GaugeValue {
  const fields = asObject(at, json);
  return { unit: text(at, "unit", fields["unit"]), value: double(at, "value", fields["value"]) };
}

function readValue(at: string, json: unknown): Value {
  const { text: asText, integer, decimal } = asObject(at, json);
  if ([asText, integer, decimal].filter(present).length > 1) {
    throw new EnvelopeDecodeError(`${at} must have one of text, integer and decimal, got several`);
  }
  if (present(asText)) return { data: { $case: "text", value: text(at, "text", asText) } };
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
  if (typeof json === "string") return json;
  if (!present(json)) return "";
  throw unexpected(at, name, "a string", json);
}

function int64(at: string, name: string, json: unknown): bigint {
  const value = integer(at, name, json);
  if (BigInt.asIntN(64, value) !== value) throw unexpected(at, name, "an int64", json);
  return value;
}

function uint64(at: string, name: string, json: unknown): bigint {
  const value = integer(at, name, json);
  if (BigInt.asUintN(64, value) !== value) throw unexpected(at, name, "a uint64", json);
  return value;
}

function integer(at: string, name: string, json: unknown): bigint {
  if (typeof json === "string" && /^-?[1-9]\d{0,19}$/.test(json)) return BigInt(json);
  if (!present(json)) return 0n;
  if (typeof json === "bigint") return json;
  const value =
    typeof json === "string" || typeof json === "number" ? exactInteger(String(json)) : undefined;
  if (value === undefined) throw unexpected(at, name, "an integer", json);
  return value;
}

function double(at: string, name: string, json: unknown): number {
  if (!present(json)) return 0;
  if (json === "NaN") return Number.NaN;
  if (json === "Infinity") return Number.POSITIVE_INFINITY;
  if (json === "-Infinity") return Number.NEGATIVE_INFINITY;
  const value = typeof json === "string" ? numberFrom(json) : json;
  const number = typeof value === "bigint" ? Number(value) : value;
  // Infinite here is what lies beyond a double, 1e400 for example.
  if (typeof number !== "number" || !Number.isFinite(number)) {
    throw unexpected(at, name, "a double", json);
  }
  return number;
}

/** The number that a string contains in JSON's form. */
function numberFrom(json: string): number | undefined {
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(json) ? Number(json) : undefined;
}

function bytes(at: string, name: string, json: unknown): Uint8Array {
  if (!present(json)) return new Uint8Array();
  const value = typeof json === "string" ? decodeBase64(json) : undefined;
  if (value === undefined) throw unexpected(at, name, "base64", json);
  return value;
}

function logType(at: string, json: unknown): Log_Type {
  if (!present(json) || json === "OUT") return Log_Type.OUT;
  if (json === "ERR") return Log_Type.ERR;
  // An enum may hold numbers that have no name yet.
  if (typeof json === "number" && (json | 0) === json) return (json | 0) as Log_Type;
  throw unexpected(at, "type", '"OUT", "ERR" or a number', json);
}

function map<T>(
  at: string,
  json: unknown,
  read: (at: string, json: unknown) => T,
): Record<string, T> {
  const entries = asObject(at, json);
  const result: Record<string, T> = {};
  for (const key of Object.keys(entries)) {
    setOwn(result, key, read(entry(at, key), entries[key]));
  }
  return result;
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
