import { OptionTypeError } from "@loggregator/core";
import { type TlsSource, tlsPathsFromEnv } from "@loggregator/grpc";
import { loadEgressTls } from "./tls.js";

/**
 * Returns the options for the variables that `loggregator emulate --env` writes.
 *
 * @throws OptionTypeError if one is missing.
 */
export function environmentOptions(environment: Readonly<Record<string, string | undefined>>): {
  readonly address: string;
  readonly tls: TlsSource;
} {
  const paths = tlsPathsFromEnv(environment);
  const name = "LOGGREGATOR_EGRESS_ADDRESS";
  const address = environment[name];
  if (address === undefined || address === "") {
    const message = `the environment variable ${name} is not set: source the file that \`loggregator emulate --env\` writes, or pass address and tls to the constructor`;
    throw new OptionTypeError(name, "an address", String(address), message);
  }
  return { address, tls: () => loadEgressTls(paths) };
}
