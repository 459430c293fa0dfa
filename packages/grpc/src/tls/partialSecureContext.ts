import { createSecureContext, type SecureContext } from "node:tls";
import { checkOptionNames, nonEmptyString, OptionTypeError } from "@loggregator/core";
import { readCertificates } from "./readCertificates.js";
import { checkPem, optionOrigins, readIdentity, type TlsMaterial, unusable } from "./tls.js";

/** Certificates and key for servers that do not require all of them. */
export interface PartialTlsMaterial {
  /**
   * The certificates of the authorities that may sign the server's certificate, PEM or DER.
   *
   * @default those of Node.js
   */
  readonly ca?: string | Uint8Array | undefined;
  /**
   * The client's certificate, followed by intermediate certificates, PEM or DER.
   *
   * @default none
   */
  readonly cert?: string | Uint8Array | undefined;
  /**
   * The private key of `cert`, PEM, not encrypted.
   *
   * @default none
   */
  readonly key?: string | Uint8Array | undefined;
  /**
   * The name that the server's certificate must have.
   *
   * @default that of the connection
   */
  readonly serverName?: string | undefined;
}

/** The material, or a function that is called for each new connection. */
export type PartialTlsSource = PartialTlsMaterial | (() => Promise<PartialTlsMaterial>);

/**
 * Checks the given parts, and prepares them for connections with TLS 1.2 or 1.3.
 *
 * @throws OptionTypeError for an invalid part, or one of `cert` and `key` without the other; TlsError
 * for certificates that cannot be used.
 */
export function partialSecureContext(material: PartialTlsMaterial): SecureContext {
  checkOptionNames<PartialTlsMaterial>("tls", material, {
    ca: true,
    cert: true,
    key: true,
    serverName: true,
  });
  const { ca, cert, key, serverName } = material;
  for (const part of ["ca", "cert", "key"] as const) {
    if (material[part] !== undefined) {
      checkPem(part, material[part]);
    }
  }
  if (serverName !== undefined) {
    nonEmptyString("tls.serverName", serverName);
  }
  if ((cert === undefined) !== (key === undefined)) {
    const [missing, given] = cert === undefined ? ["cert", "key"] : ["key", "cert"];
    throw new OptionTypeError(`tls.${missing}`, `set if tls.${given} is set`, "undefined");
  }
  try {
    return createSecureContext({
      minVersion: "TLSv1.2",
      ...(ca !== undefined && { ca: readCertificates(optionOrigins.ca, ca).map(String) }),
      ...(cert !== undefined && readIdentity({ cert, key } as TlsMaterial)),
    });
  } catch (cause) {
    throw unusable(optionOrigins, cause);
  }
}
