import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import { formatValue, nonEmptyString, OptionTypeError, objectArgument } from "@loggregator/core";
import { TlsError } from "../errors.js";
import { readCertificates } from "./readCertificates.js";

/** Certificates and key of one end of a mutual TLS connection, as PEM. */
export interface TlsMaterial {
  /** The certificates of the authorities that may sign the server's certificate, PEM or DER. */
  readonly ca: string | Uint8Array;
  /** The client's certificate, followed by those between it and its authority, PEM or DER. */
  readonly cert: string | Uint8Array;
  /** The private key of `cert`, PEM, not encrypted. */
  readonly key: string | Uint8Array;
  /** The name that the server's certificate must have. Default: that of the client, such as `metron`. */
  readonly serverName?: string | undefined;
}

/**
 * The material itself, or a function that is called for each new connection, so that rotated
 * certificates take effect.
 */
export type TlsSource = TlsMaterial | (() => Promise<TlsMaterial>);

/** The files that hold certificates and key. */
export interface TlsPaths {
  /** The certificates of the authorities. */
  readonly caPath: string;
  /** The client's certificate. */
  readonly certPath: string;
  /** Its private key. */
  readonly keyPath: string;
}

/**
 * Reads certificates and key from files and checks them.
 *
 * @throws OptionTypeError for an invalid path; TlsError for a file that cannot be read, and for
 * certificates that cannot be used.
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
 * Checks that certificates and key can be read, belong together and are valid now, and prepares them
 * for connections. TLS is as in the Go clients: 1.2 or 1.3, with 1.2 only ECDHE with RSA and AES-GCM.
 *
 * @throws OptionTypeError for a missing part; TlsError for everything else.
 */
export function secureContext(material: TlsMaterial): SecureContext {
  checkParts(material);
  const authorities = readCertificates("tls.ca", material.ca);
  const chain = readCertificates("tls.cert", material.cert);
  const [own] = chain as [(typeof chain)[0]];
  const key = readKey(material.key);
  const name = subject(own.subject);
  if (!own.checkPrivateKey(key)) {
    throw new TlsError(`tls.key is not the private key of the certificate ${name} (tls.cert)`);
  }
  const now = Date.now();
  if (now > Date.parse(own.validTo)) {
    throw new TlsError(`tls.cert: the certificate ${name} expired on ${own.validTo}`);
  }
  if (now < Date.parse(own.validFrom)) {
    throw new TlsError(`tls.cert: the certificate ${name} is not valid before ${own.validFrom}`);
  }
  try {
    return createSecureContext({
      ca: authorities.map(String),
      cert: chain.join(""),
      key: key.export({ type: "pkcs8", format: "pem" }),
      minVersion: "TLSv1.2",
      ciphers: [
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES128-GCM-SHA256",
      ].join(":"),
    });
  } catch (cause) {
    const details = (cause as Error).message;
    throw new TlsError(`tls: these certificates and this key cannot be used: ${details}`, {
      cause,
    });
  }
}

/** The name in the client's certificate, as messages show it. */
export function ownName(material: TlsMaterial): string {
  return subject(readCertificates("tls.cert", material.cert)[0]?.subject ?? "");
}

function subject(text: string): string {
  return JSON.stringify(text.replaceAll("\n", ", "));
}

function readKey(key: string | Uint8Array): KeyObject {
  try {
    // OpenSSL does not read an indented key.
    return createPrivateKey(
      Buffer.from(key)
        .toString("latin1")
        .replace(/^[ \t]+/gm, ""),
    );
  } catch (cause) {
    const details = (cause as Error).message;
    throw new TlsError(`tls.key must be an unencrypted private key in PEM: ${details}`, { cause });
  }
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
  if (material.serverName !== undefined) {
    nonEmptyString("tls.serverName", material.serverName);
  }
}

async function read(name: string, path: unknown): Promise<Buffer> {
  if (typeof path !== "string" || path === "") {
    throw new OptionTypeError(name, "the path of a PEM file", formatValue(path));
  }
  try {
    return await readFile(path);
  } catch (cause) {
    const details = (cause as Error).message;
    throw new TlsError(`${name}: cannot read the PEM file ${JSON.stringify(path)}: ${details}`, {
      cause,
    });
  }
}
