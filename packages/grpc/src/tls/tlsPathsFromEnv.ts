import { formatValue, OptionTypeError, objectArgument } from "@loggregator/core";
import type { TlsPaths } from "./tls.js";

/**
 * Returns the paths in `LOGGREGATOR_CA_PATH`, `LOGGREGATOR_CERT_PATH` and `LOGGREGATOR_KEY_PATH`,
 * which `loggregator emulate --env` writes.
 *
 * @throws OptionTypeError if one is missing or empty.
 */
export function tlsPathsFromEnv(
  environment: Readonly<Record<string, string | undefined>>,
): TlsPaths {
  objectArgument("environment", environment);
  const path = (name: string): string => {
    const value = environment[name];
    if (value !== undefined && value !== "") {
      return value;
    }
    throw new OptionTypeError(
      name,
      "the path of a PEM file",
      formatValue(value),
      `the environment variable ${name} must be the path of a PEM file, got ${formatValue(value)}: source the file that \`loggregator emulate --env\` writes, or pass tls and address to the constructor`,
    );
  };
  return {
    caPath: path("LOGGREGATOR_CA_PATH"),
    certPath: path("LOGGREGATOR_CERT_PATH"),
    keyPath: path("LOGGREGATOR_KEY_PATH"),
  };
}
