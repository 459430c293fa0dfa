import { createPrivateKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import { checkOptionNames, formatValue, nonEmptyString, OptionTypeError } from "@loggregator/core";
import { TlsError, type TlsOrigin } from "../errors.js";
import { readCertificates } from "./readCertificates.js";

/** The certificates and the key of a client for mutual TLS. */
export interface TlsMaterial {
  /**
   * The certificates of the authorities that may sign the server's certificate, PEM or DER.
   */
  readonly ca: string | Uint8Array;
  /** The client's certificate, followed by intermediate certificates, PEM or DER. */
  readonly cert: string | Uint8Array;
  /** The private key of `cert`, PEM, not encrypted. */
  readonly key: string | Uint8Array;
  /**
   * The name that the server's certificate must have.
   *
   * @default that of the client, such as `metron`
   */
  readonly serverName?: string | undefined;
}

/**
 * The material itself, or a function that is called for each new connection, so that rotated
 * certificates take effect.
 */
export type TlsSource = TlsMaterial | (() => Promise<TlsMaterial>);

/** The origin of each part, for errors. */
export type TlsOrigins = Readonly<Record<"ca" | "cert" | "key", TlsOrigin>>;

export const optionOrigins: TlsOrigins = {
  ca: { option: "tls.ca" },
  cert: { option: "tls.cert" },
  key: { option: "tls.key" },
};

/** The paths of files with certificates and key. */
export interface TlsPaths {
  /** The file with the certificates of the authorities. */
  readonly caPath: string;
  /** The file with the client's certificate. */
  readonly certPath: string;
  /** The file with its private key. */
  readonly keyPath: string;
}

/**
 * Reads certificates and key from files and checks them.
 *
 * @throws OptionTypeError for an invalid path; TlsError for a file that cannot be read, and for
 * certificates that cannot be used.
 */
export async function loadTls(paths: TlsPaths, serverName: string): Promise<TlsMaterial> {
  checkOptionNames<TlsPaths>("paths", paths, { caPath: true, certPath: true, keyPath: true });
  const origins = {
    ca: pathOrigin("caPath", paths.caPath),
    cert: pathOrigin("certPath", paths.certPath),
    key: pathOrigin("keyPath", paths.keyPath),
  };
  const [ca, cert, key] = await Promise.all([
    read(origins.ca),
    read(origins.cert),
    read(origins.key),
  ]);
  const material = { ca, cert, key, serverName };
  createContext(material, origins);
  return material;
}

/**
 * Checks that certificates and key can be read, match and are currently valid, and prepares them
 * for connections. As in the Go clients, these use TLS 1.3, or 1.2 with ECDHE-RSA and AES-GCM.
 *
 * @throws OptionTypeError for a missing part; TlsError for everything else.
 */
export function secureContext(material: TlsMaterial): SecureContext {
  checkParts(material);
  return createContext(material, optionOrigins);
}

function createContext(material: TlsMaterial, origins: TlsOrigins): SecureContext {
  const authorities = readCertificates(origins.ca, material.ca);
  try {
    return createSecureContext({
      ca: authorities.map(String),
      ...readIdentity(material, origins),
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
    throw unusable(origins, cause);
  }
}

/** Reads a certificate and its key, and checks that they match and are currently valid. */
export function readIdentity(
  material: Pick<TlsMaterial, "cert" | "key">,
  origins: TlsOrigins = optionOrigins,
): { cert: string; key: string | Buffer } {
  const chain = readCertificates(origins.cert, material.cert);
  const [own] = chain as [(typeof chain)[0]];
  const key = readKey(origins.key, material.key);
  const name = subject(own.subject);
  if (!own.checkPrivateKey(key)) {
    throw new TlsError(`it is not the private key of the certificate ${name}`, origins.key);
  }
  const now = Date.now();
  if (now > Date.parse(own.validTo)) {
    throw new TlsError(`the certificate ${name} expired on ${own.validTo}`, origins.cert);
  }
  if (now < Date.parse(own.validFrom)) {
    const reason = `the certificate ${name} is not valid before ${own.validFrom}`;
    throw new TlsError(reason, origins.cert);
  }
  return { cert: chain.join(""), key: key.export({ type: "pkcs8", format: "pem" }) };
}

/** Returns the error for material that OpenSSL rejects. A `TlsError` is returned unchanged. */
export function unusable({ cert }: Pick<TlsOrigins, "cert">, cause: unknown): TlsError {
  if (cause instanceof TlsError) {
    return cause;
  }
  const reason = `the certificate and its key cannot be used: ${(cause as Error).message}`;
  return new TlsError(reason, cert, { cause });
}

/** Returns the name in the client's certificate for messages; undefined without a certificate. */
export function ownName({
  cert,
}: {
  readonly cert?: string | Uint8Array | undefined;
}): string | undefined {
  return cert && subject(readCertificates(optionOrigins.cert, cert)[0]?.subject ?? "");
}

function subject(text: string): string {
  return JSON.stringify(text.replaceAll("\n", ", "));
}

function readKey(origin: TlsOrigin, key: string | Uint8Array): KeyObject {
  try {
    // OpenSSL does not read an indented key.
    return createPrivateKey(
      Buffer.from(key)
        .toString("latin1")
        .replace(/^[ \t]+/gm, ""),
    );
  } catch (cause) {
    const reason = `it must be an unencrypted private key in PEM: ${(cause as Error).message}`;
    throw new TlsError(reason, origin, { cause });
  }
}

function checkParts(material: TlsMaterial): void {
  checkOptionNames<TlsMaterial>("tls", material, {
    ca: true,
    cert: true,
    key: true,
    serverName: true,
  });
  for (const part of ["ca", "cert", "key"] as const) {
    checkPem(part, material[part]);
  }
  if (material.serverName !== undefined) {
    nonEmptyString("tls.serverName", material.serverName);
  }
}

/**
 * Checks a certificate or key.
 *
 * @throws OptionTypeError if it is not text or bytes.
 */
export function checkPem(part: "ca" | "cert" | "key", value: unknown): void {
  const isPem = typeof value === "string" || value instanceof Uint8Array;
  if (!isPem || value.length === 0) {
    // The value may be secret: the message shows only its type.
    const received = isPem ? "nothing" : typeof value;
    throw new OptionTypeError(`tls.${part}`, "PEM text or bytes", received);
  }
}

function pathOrigin(option: string, path: unknown): Required<TlsOrigin> {
  if (typeof path === "string" && path !== "") {
    return { option, path };
  }
  throw new OptionTypeError(option, "the path of a PEM file", formatValue(path));
}

async function read(origin: Required<TlsOrigin>): Promise<Buffer> {
  try {
    return await readFile(origin.path as string);
  } catch (cause) {
    throw new TlsError(`cannot read the file: ${(cause as Error).message}`, origin, { cause });
  }
}
