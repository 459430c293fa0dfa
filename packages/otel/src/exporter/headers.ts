import { formatValue, OptionTypeError, objectArgument } from "@loggregator/core";

/**
 * Checks headers, and returns them with names in lower case.
 *
 * @throws OptionTypeError for an invalid name or value. Values are not shown: they may be keys.
 */
export function checkHeaders(option: string, headers: unknown): Readonly<Record<string, string>> {
  objectArgument(option, headers);
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== "string" || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new OptionTypeError(`${option}[${formatValue(name)}]`, "a header value", typeof value);
    }
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      throw new OptionTypeError(option, "valid header names", formatValue(name));
    }
    checked[name.toLowerCase()] = value;
  }
  return checked;
}
