import { type Command, Option } from "commander";
import { UsageError } from "./errors.js";

/** The files for mutual TLS. */
export interface TlsOptions {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Adds the options that mutual TLS needs. */
export function withTlsOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--ca <path>",
        "PEM file of the authorities that sign the server's certificate",
      ).env("LOGGREGATOR_CA_PATH"),
    )
    .addOption(
      new Option("--cert <path>", "PEM file of the client certificate").env(
        "LOGGREGATOR_CERT_PATH",
      ),
    )
    .addOption(
      new Option("--key <path>", "PEM file of its private key").env("LOGGREGATOR_KEY_PATH"),
    );
}

/** @throws UsageError if one of them is missing. */
export function tlsPaths({ ca, cert, key }: TlsOptions): {
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
} {
  if (ca && cert && key) {
    return { caPath: ca, certPath: cert, keyPath: key };
  }
  const missing = Object.entries({ "--ca": ca, "--cert": cert, "--key": key })
    .filter(([, path]) => !path)
    .map(([name]) => name);
  throw new UsageError(
    `mutual TLS needs --ca, --cert and --key, got no ${missing.join(", no ")}; pass all three, or source the file that "loggregator emulate --env" writes`,
  );
}
