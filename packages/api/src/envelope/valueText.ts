import type { Value } from "../gen/loggregator/v2/envelope.js";

/**
 * Returns the value of a deprecated tag as text; undefined without a value.
 *
 * @param decimalText Writes a decimal: the components of Loggregator do it in different ways.
 */
export function valueText(
  { data }: Value,
  decimalText: (value: number) => string,
): string | undefined {
  switch (data?.$case) {
    case "text":
      return data.value;
    case "integer":
      return data.value.toString();
    case "decimal":
      return decimalText(data.value);
    default:
      return undefined;
  }
}
