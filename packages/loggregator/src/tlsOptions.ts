import { type Command, Option } from "commander";
import { UsageError } from "./errors.js";

/** Where certificates and key for mutual TLS are. */
export interface TlsOptions {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Adds the options that mutual TLS needs. */
export function withTlsOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--ca <path>", "authorities that may sign the server's certificate, PEM").env(
        "LOGGREGATOR_CA_PATH",
      ),
    )
    .addOption(new Option("--cert <path>", "our own certificate, PEM").env("LOGGREGATOR_CERT_PATH"))
    .addOption(new Option("--key <path>", "its private key, PEM").env("LOGGREGATOR_KEY_PATH"));
}

/** @throws UsageError where one of them is missing. */
export function tlsPaths({ ca, cert, key }: TlsOptions): {
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
} {
  if (ca && cert && key) return { caPath: ca, certPath: cert, keyPath: key };
  const missing = Object.entries({ "--ca": ca, "--cert": cert, "--key": key })
    .filter(([, path]) => !path)
    .map(([name]) => name);
  throw new UsageError(
    `expected certificates for mutual TLS, got no ${missing.join(", no ")}; give all three, or source the file that "loggregator emulate --env" writes`,
  );
}
