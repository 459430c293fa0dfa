import { hexOfBytes } from "../../mapping/otlpValues.js";

const idFields: ReadonlySet<string> = new Set(["traceId", "spanId", "parentSpanId"]);

/**
 * Writes a request in OTLP's JSON form: 64-bit integers as strings, enums as numbers, ids of traces and
 * spans as hexadecimal text, other bytes as base64, and without empty fields.
 */
export function jsonRequest(request: object): string {
  return JSON.stringify(plain("", request));
}

function plain(field: string, value: unknown): unknown {
  if (typeof value === "bigint") {
    return String(value);
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    return value > 0 ? "Infinity" : value < 0 ? "-Infinity" : "NaN";
  }
  if (Object.is(value, -0)) {
    // JSON.stringify would lose the sign.
    return "-0";
  }
  if (value instanceof Uint8Array) {
    return idFields.has(field) ? hexOfBytes(value) : btoa(String.fromCharCode(...value));
  }
  if (Array.isArray(value)) {
    return value.map((item) => plain(field, item));
  }
  if (typeof value === "object" && value !== null) {
    return plainObject(value);
  }
  return value;
}

function plainObject(message: object): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const [name, value] of Object.entries(message)) {
    // A oneof is an object with the name of its field, which is written even if it is empty.
    if (isOneof(value)) {
      entries.push([value.$case, plain(value.$case, value.value)]);
    } else if (!isEmpty(value)) {
      entries.push([name, plain(name, value)]);
    }
  }
  return Object.fromEntries(entries);
}

function isOneof(value: unknown): value is { $case: string; value: unknown } {
  return typeof value === "object" && value !== null && "$case" in value;
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === 0 ||
    value === 0n ||
    value === "" ||
    value === false ||
    ((Array.isArray(value) || value instanceof Uint8Array) && value.length === 0)
  );
}
