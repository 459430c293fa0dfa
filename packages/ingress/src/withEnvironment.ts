import { objectArgument } from "@loggregator/core";
import { tlsFromEnv } from "@loggregator/grpc";
import type { IngressClientOptions } from "./options.js";
import { loadIngressTls } from "./tls.js";

/**
 * Completes options with the variables that `loggregator emulate --env` writes.
 *
 * @throws OptionTypeError if a path is missing or empty, unless `tls` is set.
 */
export function withEnvironment(
  options: Partial<IngressClientOptions>,
  environment: Readonly<Record<string, string | undefined>>,
): IngressClientOptions {
  objectArgument("options", options);
  const { tls = tlsFromEnv(environment, loadIngressTls) } = options;
  const address = options.address ?? (environment["LOGGREGATOR_INGRESS_ADDRESS"] || undefined);
  return { ...options, address, tls };
}
