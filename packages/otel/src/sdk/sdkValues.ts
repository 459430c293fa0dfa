import { bytesOfHex } from "../mapping/otlpValues.js";
import type { AnyValue, KeyValue } from "../messages.js";
import type { SdkAttributes, SdkSpanContext, SdkTime } from "./sdkTypes.js";

export function nanoseconds([seconds, nanos]: SdkTime): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(Math.trunc(nanos));
}

export function ids(context: SdkSpanContext | undefined) {
  return {
    traceId: bytesOfHex(context?.traceId) ?? new Uint8Array(),
    spanId: bytesOfHex(context?.spanId) ?? new Uint8Array(),
  };
}

export function keyValues(attributes: SdkAttributes): KeyValue[] {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, value: anyValue(value) }));
}

/** Returns a JavaScript value as a value of OTLP. */
export function anyValue(value: unknown): AnyValue {
  switch (typeof value) {
    case "string":
      return { value: { $case: "stringValue", value } };
    case "boolean":
      return { value: { $case: "boolValue", value } };
    case "number":
      return Number.isSafeInteger(value)
        ? { value: { $case: "intValue", value: BigInt(value) } }
        : { value: { $case: "doubleValue", value } };
    case "bigint":
      return { value: { $case: "intValue", value } };
    case "object":
      return objectValue(value);
    default:
      return { value: undefined };
  }
}

function objectValue(value: object | null): AnyValue {
  if (value === null) {
    return { value: undefined };
  }
  if (value instanceof Uint8Array) {
    return { value: { $case: "bytesValue", value } };
  }
  return Array.isArray(value)
    ? { value: { $case: "arrayValue", value: { values: value.map(anyValue) } } }
    : {
        value: { $case: "kvlistValue", value: { values: keyValues(value as SdkAttributes) } },
      };
}
