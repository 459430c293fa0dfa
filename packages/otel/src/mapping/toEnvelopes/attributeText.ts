import type { AnyValue } from "../../messages.js";
import { hexOfBytes } from "../otlpValues.js";

type Plain = string | number | boolean | null | Plain[] | { [name: string]: Plain };

/** Returns a value as the text of a tag or log line: text unchanged, lists and maps as JSON. */
export function attributeText(value: AnyValue | undefined): string {
  const plain = plainValue(value);
  if (plain === null) {
    return "";
  }
  return typeof plain === "object" ? JSON.stringify(plain) : String(plain);
}

function plainValue(any: AnyValue | undefined): Plain {
  const data = any?.value;
  if (data === undefined) {
    return null;
  }
  switch (data.$case) {
    case "intValue":
      return String(data.value);
    case "bytesValue":
      return hexOfBytes(data.value);
    case "arrayValue":
      return data.value.values.map(plainValue);
    case "kvlistValue":
      return Object.fromEntries(
        data.value.values.map(({ key, value }) => [key, plainValue(value)]),
      );
    default:
      return data.value;
  }
}
