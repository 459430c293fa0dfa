import { type Envelope, logEnvelope, type Value } from "@loggregator/api";

/** The value of a deprecated tag that is text. */
export const text = (value: string): Value => ({ data: { $case: "text", value } });

/** The value of a deprecated tag that is an integer. */
export const integer = (value: bigint): Value => ({ data: { $case: "integer", value } });

/** The value of a deprecated tag that is a decimal. */
export const decimal = (value: number): Value => ({ data: { $case: "decimal", value } });

/** A log with these tags. */
export function tagged(
  tags: Record<string, string>,
  deprecatedTags: Record<string, Value> = {},
): Envelope {
  return { ...logEnvelope("hello"), tags, deprecatedTags };
}
