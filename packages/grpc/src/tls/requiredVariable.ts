import { formatValue, OptionTypeError, objectArgument } from "@loggregator/core";

/**
 * Returns a variable of the environment, one of those that `loggregator emulate --env` writes.
 *
 * @param expected Its value in the message, such as "the path of a PEM file".
 * @throws OptionTypeError if it is missing or empty.
 */
export function requiredVariable(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
  expected: string,
): string {
  objectArgument("environment", environment);
  const value = environment[name];
  if (value !== undefined && value !== "") {
    return value;
  }
  const received = formatValue(value);
  throw new OptionTypeError(
    name,
    expected,
    received,
    `the environment variable ${name} must be ${expected}, got ${received}: source the file that \`loggregator emulate --env\` writes, or pass tls and address`,
  );
}
