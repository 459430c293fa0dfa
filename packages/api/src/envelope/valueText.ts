import type { Value } from "../gen/loggregator/v2/envelope.js";

/**
 * Returns the value of a deprecated tag as text; undefined without a value.
 *
 * @param decimalText Formats a decimal: Loggregator's components use different formats.
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
