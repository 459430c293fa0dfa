import { X509Certificate } from "node:crypto";
import type { EmulatorTlsOptions } from "@loggregator/emulator";
import { readPem } from "../drain/readPem.js";
import { UsageError } from "../errors.js";
import type { Say } from "../read/sources/source.js";
import type { EmulateOptions } from "./emulateOptions.js";

const flags = {
  ca: "--ca",
  cert: "--cert",
  key: "--key",
  clientCert: "--client-cert",
  clientKey: "--client-key",
};

/** The names that the clients of this project expect in the certificates of servers. */
const serverNames = ["metron", "reverselogproxy", "log-cache"];

/**
 * Reads the certificates of the options: one for all servers, and one for clients.
 *
 * @returns undefined if the emulator issues its own.
 * @throws UsageError for a file that cannot be read.
 */
export async function readOwnCertificates(
  { ca, cert, key, clientCert, clientKey }: EmulateOptions,
  say: Say,
): Promise<EmulatorTlsOptions | undefined> {
  if (cert === undefined) {
    return undefined;
  }
  const pem = await readPem({ ca, cert, key, clientCert, clientKey }, flags);
  const text = (name: keyof typeof flags) => pem[name]?.toString() ?? "";
  const server = { cert: text("cert"), key: text("key") };
  const client =
    clientCert === undefined ? server : { cert: text("clientCert"), key: text("clientKey") };
  const missing = namesMissingIn(server.cert);
  if (missing.length > 0) {
    say(
      `the certificate of --cert is not for ${missing.join(", ")}, the names that clients expect; add them as alternative names`,
    );
  }
  return { ca: text("ca"), metron: server, reverselogproxy: server, rlpGateway: server, client };
}

function namesMissingIn(cert: string): string[] {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch (cause) {
    throw new UsageError(`--cert must be a PEM certificate: ${(cause as Error).message}`, {
      cause,
    });
  }
  return serverNames.filter((name) => certificate.checkHost(name) === undefined);
}
