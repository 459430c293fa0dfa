import { generateKeyPair, type KeyPairKeyObjectResult } from "node:crypto";
import { promisify } from "node:util";
import { checkOptionNames, formatValue, nonEmptyString, OptionRangeError } from "@loggregator/core";
import { createCertificate } from "./createCertificate.js";

/** A certificate and its private key, both PEM. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

/** Options of `createCertificateAuthority`. */
export interface CertificateAuthorityOptions {
  /** The authority's common name. @default "loggregator emulator CA" */
  readonly commonName?: string | undefined;
  /** When it becomes valid. @default an hour before now, or before `notAfter` if that is past */
  readonly notBefore?: Date | undefined;
  /** When it expires. @default a year from now */
  readonly notAfter?: Date | undefined;
}

/** Options of a certificate. */
export interface IssueOptions {
  /** The subject's common name, for example `metron`. */
  readonly commonName: string;
  /** The host names and IP addresses that the certificate is for. @default the common name */
  readonly altNames?: readonly string[] | undefined;
  /** When it becomes valid. @default an hour before now, or before `notAfter` if that is past */
  readonly notBefore?: Date | undefined;
  /** When it expires; a date in the past makes an expired certificate. @default a year from now */
  readonly notAfter?: Date | undefined;
}

/** Issues certificates for tests. */
export interface CertificateAuthority {
  /** Its own certificate, PEM, to be trusted by clients and servers. */
  readonly certificate: string;
  /** Creates a key and issues a certificate for it that servers and clients can use. */
  issue(options: IssueOptions): Promise<CertificateAndKey>;
}

const hourMs = 3_600_000;
const yearMs = 365 * 24 * hourMs;

/**
 * Creates a certificate authority for tests. It is kept in memory only; its keys are ECDSA P-256.
 *
 * @throws OptionTypeError, OptionRangeError for invalid options.
 */
export async function createCertificateAuthority(
  options: CertificateAuthorityOptions = {},
): Promise<CertificateAuthority> {
  checkOptionNames<CertificateAuthorityOptions>("options", options, {
    commonName: true,
    notBefore: true,
    notAfter: true,
  });
  const { commonName = "loggregator emulator CA" } = options;
  nonEmptyString("commonName", commonName);
  const keys = await generateKeys();
  const shared = {
    issuer: commonName,
    issuerPublicKey: keys.publicKey,
    issuerKey: keys.privateKey,
  };
  return {
    certificate: createCertificate({
      ...shared,
      ...validity(options),
      subject: commonName,
      publicKey: keys.publicKey,
      isAuthority: true,
      altNames: [],
    }),

    async issue(options) {
      checkOptionNames<IssueOptions>("options", options, {
        commonName: true,
        altNames: true,
        notBefore: true,
        notAfter: true,
      });
      const { commonName, altNames = [commonName] } = options;
      nonEmptyString("commonName", commonName);
      const period = validity(options);
      const { publicKey, privateKey } = await generateKeys();
      const cert = createCertificate({
        ...shared,
        ...period,
        subject: commonName,
        publicKey,
        isAuthority: false,
        altNames,
      });
      return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
    },
  };
}

function generateKeys(): Promise<KeyPairKeyObjectResult> {
  return promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
}

function validity(options: { notBefore?: Date | undefined; notAfter?: Date | undefined }): {
  notBefore: Date;
  notAfter: Date;
} {
  const now = Date.now();
  const notAfter = options.notAfter ?? new Date(now + yearMs);
  const notBefore = options.notBefore ?? new Date(Math.min(now, notAfter.getTime()) - hourMs);
  if (!(notBefore < notAfter)) {
    const expected = `a date after notBefore (${formatValue(notBefore)})`;
    throw new OptionRangeError("notAfter", expected, formatValue(notAfter));
  }
  return { notBefore, notAfter };
}
