import { checkOptionNames, formatValue, OptionTypeError } from "@loggregator/core";
import type { Selector } from "../gen/loggregator/v2/egress.js";
import { optionalText } from "./arguments.js";

const messageFields = {
  log: {},
  timer: {},
  event: {},
  counter: { name: true },
  gauge: { names: true },
} as const;

/**
 * Checks a selector that was not created by `selectLog` or a similar function: a misspelled field
 * would be ignored, and the selector would select too much.
 *
 * @param path The path in messages, such as `selectors[0]`.
 * @throws OptionTypeError for a malformed selector.
 */
export function checkSelector(path: string, selector: unknown): asserts selector is Selector {
  checkFields(path, selector, { sourceId: true, message: true });
  const { sourceId, message } = selector as Partial<Selector>;
  optionalText(`${path}.sourceId`, sourceId);
  // Servers reject a selector without a type.
  if (message === undefined) {
    return;
  }
  const { $case, value } = Object(message) as NonNullable<Selector["message"]>;
  if (!Object.hasOwn(messageFields, $case)) {
    throw new OptionTypeError(path, "of one of the five types", formatValue($case));
  }
  checkFields(`${path}.message.value`, value, messageFields[$case]);
  const { name, names = [] } = value as { name?: unknown; names?: unknown };
  optionalText(`${path}.name`, name);
  if (!Array.isArray(names)) {
    throw new OptionTypeError(`${path}.names`, "an array", formatValue(names));
  }
  for (const metric of names) {
    optionalText(`${path}.names`, metric);
  }
}

function checkFields(path: string, value: unknown, known: object): void {
  // Decoded messages may have unknown fields.
  checkOptionNames(path, value, { ...known, _unknownFields: true });
}
