import { requiredVariable } from "./requiredVariable.js";
import type { TlsMaterial, TlsPaths } from "./tls.js";

/**
 * Returns a function that loads the files that `LOGGREGATOR_CA_PATH`, `LOGGREGATOR_CERT_PATH` and
 * `LOGGREGATOR_KEY_PATH` name, as `loggregator emulate --env` writes them.
 *
 * @throws OptionTypeError if one is missing or empty.
 */
export function tlsFromEnv(
  environment: Readonly<Record<string, string | undefined>>,
  load: (paths: TlsPaths) => Promise<TlsMaterial>,
): () => Promise<TlsMaterial> {
  const path = (name: string) => requiredVariable(environment, name, "the path of a PEM file");
  const paths = {
    caPath: path("LOGGREGATOR_CA_PATH"),
    certPath: path("LOGGREGATOR_CERT_PATH"),
    keyPath: path("LOGGREGATOR_KEY_PATH"),
  };
  return () => load(paths);
}
