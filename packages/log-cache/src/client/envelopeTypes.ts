import { EnvelopeType } from "@loggregator/api/log-cache";
import { formatValue, OptionTypeError, oneOf } from "@loggregator/core";

/** The type of an envelope: the `$case` of its message. */
export type EnvelopeTypeName = "log" | "counter" | "gauge" | "timer" | "event";

const numbers: Readonly<Record<EnvelopeTypeName, EnvelopeType>> = {
  log: EnvelopeType.LOG,
  counter: EnvelopeType.COUNTER,
  gauge: EnvelopeType.GAUGE,
  timer: EnvelopeType.TIMER,
  event: EnvelopeType.EVENT,
};
const names = Object.keys(numbers) as readonly EnvelopeTypeName[];

/**
 * Returns the protocol's numbers of envelope types. Any other number crashes a log-cache node.
 *
 * @throws OptionTypeError unless `types` is an array of type names.
 */
export function envelopeTypes(option: string, types: unknown): EnvelopeType[] {
  if (types === undefined) {
    return [];
  }
  if (!Array.isArray(types)) {
    throw new OptionTypeError(option, "an array of types", formatValue(types));
  }
  const chosen = types.map((type, index) => oneOf(`${option}[${index}]`, type, names));
  return [...new Set(chosen)].map((name) => numbers[name]);
}
