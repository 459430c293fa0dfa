import { formatValue, OptionTypeError } from "@loggregator/core";
import type { IngressClientOptions } from "./options.js";
import { loadIngressTls } from "./tls.js";

/**
 * The options that the variables of `loggregator emulate --env` stand for.
 *
 * @throws OptionTypeError if one is missing.
 */
export function environmentOptions(
  environment: Readonly<Record<string, string | undefined>>,
): Pick<IngressClientOptions, "address" | "tls"> {
  const paths = {
    caPath: required(environment, "LOGGREGATOR_CA_PATH"),
    certPath: required(environment, "LOGGREGATOR_CERT_PATH"),
    keyPath: required(environment, "LOGGREGATOR_KEY_PATH"),
  };
  return {
    address: environment["LOGGREGATOR_INGRESS_ADDRESS"] || undefined,
    tls: () => loadIngressTls(paths),
  };
}

function required(environment: Readonly<Record<string, string | undefined>>, name: string): string {
  const path = environment[name];
  if (path !== undefined && path !== "") return path;
  throw new OptionTypeError(
    name,
    "the path of a PEM file",
    formatValue(path),
    `the environment variable ${name} must be the path of a PEM file, got ${formatValue(path)}: source the file that \`loggregator emulate --env\` writes, or pass tls and address to the constructor`,
  );
}
