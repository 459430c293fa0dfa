import { tlsPathsFromEnv } from "@loggregator/grpc";
import type { IngressClientOptions } from "./options.js";
import { loadIngressTls } from "./tls.js";

/**
 * Returns the options for the variables that `loggregator emulate --env` writes.
 *
 * @throws OptionTypeError if a path is missing or empty.
 */
export function environmentOptions(
  environment: Readonly<Record<string, string | undefined>>,
): Pick<IngressClientOptions, "address" | "tls"> {
  const paths = tlsPathsFromEnv(environment);
  return {
    address: environment["LOGGREGATOR_INGRESS_ADDRESS"] || undefined,
    tls: () => loadIngressTls(paths),
  };
}
