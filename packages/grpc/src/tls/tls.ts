import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import { formatValue, nonEmptyString, OptionTypeError, objectArgument } from "@loggregator/core";
import { TlsError } from "../errors.js";

/** Certificates and key of one end of a mutual TLS connection, as PEM. */
export interface TlsMaterial {
  /** The certificates of the authorities that may sign the server's certificate. */
  readonly ca: string | Uint8Array;
  /** Our own certificate, with those between it and the authority behind it. */
  readonly cert: string | Uint8Array;
  /** The private key of `cert`. */
  readonly key: string | Uint8Array;
  /** The name that the server's certificate must have. Default: the client's own, `metron` for the agent's. */
  readonly serverName?: string | undefined;
}

/**
 * The material itself, or a function that is asked for it at each new connection, so that
 * certificates that were re-issued are picked up.
 */
export type TlsSource = TlsMaterial | (() => Promise<TlsMaterial>);

/** The files that hold certificates and key. */
export interface TlsPaths {
  /** The certificates of the authorities, PEM. */
  readonly caPath: string;
  /** Our own certificate, PEM. */
  readonly certPath: string;
  /** Its private key, PEM. */
  readonly keyPath: string;
}

/**
 * Reads certificates and key from files and checks them.
 *
 * @throws TypeError for a path that is no path; TlsError for a file that can't be read, and for
 * certificates that can't be used.
 */
export async function loadTls(paths: TlsPaths, serverName: string): Promise<TlsMaterial> {
  objectArgument("paths", paths);
  const [ca, cert, key] = await Promise.all([
    read("caPath", paths.caPath),
    read("certPath", paths.certPath),
    read("keyPath", paths.keyPath),
  ]);
  const material = { ca, cert, key, serverName };
  secureContext(material);
  return material;
}

/**
 * Checks that the parts are there, parse and fit together, and that the certificate is valid now.
 *
 * TLS is as the Go clients set it up: 1.2 or 1.3, and on 1.2 only ECDHE with RSA and AES-GCM.
 *
 * @throws TypeError for a missing part; TlsError for everything else.
 */
export function secureContext(material: TlsMaterial): SecureContext {
  checkParts(material);
  certificate("tls.ca", material.ca);
  const own = certificate("tls.cert", material.cert);
  const key = attempt("tls.key: expected an unencrypted private key in PEM", () =>
    createPrivateKey(Buffer.from(material.key)),
  );
  const name = subject(own);
  if (!own.checkPrivateKey(key)) {
    throw new TlsError(`tls.key: expected the private key of the certificate ${name}, got another`);
  }
  const expected = `tls.cert: expected a certificate that is valid now, got ${name}, which`;
  const now = Date.now();
  if (now > Date.parse(own.validTo)) throw new TlsError(`${expected} expired on ${own.validTo}`);
  if (now < Date.parse(own.validFrom)) throw new TlsError(`${expected} begins on ${own.validFrom}`);
  return attempt("tls: expected certificates and a key that TLS can use", () =>
    createSecureContext({
      ca: Buffer.from(material.ca),
      cert: Buffer.from(material.cert),
      key: Buffer.from(material.key),
      minVersion: "TLSv1.2",
      ciphers: [
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES128-GCM-SHA256",
      ].join(":"),
    }),
  );
}

/** The name in our own certificate, as messages show it. */
export function ownName(material: TlsMaterial): string {
  return subject(certificate("tls.cert", material.cert));
}

function checkParts(material: TlsMaterial): void {
  objectArgument("tls", material);
  for (const part of ["ca", "cert", "key"] as const) {
    const value: unknown = material[part];
    const isPem = typeof value === "string" || value instanceof Uint8Array;
    if (!isPem || value.length === 0) {
      // The value may be secret: the message shows only its type.
      const received = isPem ? "nothing" : typeof value;
      throw new OptionTypeError(`tls.${part}`, "PEM text or bytes", received);
    }
  }
  if (material.serverName !== undefined) nonEmptyString("tls.serverName", material.serverName);
}

function subject(certificate: X509Certificate): string {
  return JSON.stringify(certificate.subject.replaceAll("\n", ", "));
}

async function read(name: string, path: unknown): Promise<Buffer> {
  if (typeof path !== "string" || path === "") {
    throw new OptionTypeError(name, "the path of a PEM file", formatValue(path));
  }
  try {
    return await readFile(path);
  } catch (cause) {
    throw new TlsError(
      `${name}: expected a readable PEM file, got ${JSON.stringify(path)}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function certificate(name: string, pem: string | Uint8Array): X509Certificate {
  return attempt(
    `${name}: expected a certificate in PEM`,
    () => new X509Certificate(Buffer.from(pem)),
  );
}

function attempt<T>(expected: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new TlsError(`${expected}: ${(cause as Error).message}`, { cause });
  }
}
