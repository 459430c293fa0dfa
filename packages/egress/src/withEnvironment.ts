import { objectArgument } from "@loggregator/core";
import { requiredVariable, tlsFromEnv } from "@loggregator/grpc";
import type { EnvelopeStreamConnectorOptions } from "./options.js";
import { loadEgressTls } from "./tls.js";

/**
 * Completes options with the variables that `loggregator emulate --env` writes.
 *
 * @throws OptionTypeError if one is missing or empty, unless its option is set.
 */
export function withEnvironment(
  options: Partial<EnvelopeStreamConnectorOptions>,
  environment: Readonly<Record<string, string | undefined>>,
): EnvelopeStreamConnectorOptions {
  objectArgument("options", options);
  const {
    tls = tlsFromEnv(environment, loadEgressTls),
    address = requiredVariable(environment, "LOGGREGATOR_EGRESS_ADDRESS", '"host:port"'),
  } = options;
  return { ...options, address, tls };
}
