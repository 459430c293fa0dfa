import { KeyObject, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { checkOptionNames, formatValue, nonEmptyString, OptionRangeError } from "@loggregator/core";

/** A certificate and its private key, both PEM. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateAuthorityOptions {
  /** @default "loggregator emulator CA" */
  readonly commonName?: string | undefined;
  /** When it becomes valid. @default an hour before now, or before `notAfter` if that is past */
  readonly notBefore?: Date | undefined;
  /** When it expires. @default a year from now */
  readonly notAfter?: Date | undefined;
}

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

export interface CertificateAuthority {
  /** Its own certificate, PEM, for those who trust it. */
  readonly certificate: string;
  /** Creates a key and issues a certificate for it that servers and clients can use. */
  issue(options: IssueOptions): Promise<CertificateAndKey>;
}

const hourMs = 3_600_000;
const yearMs = 365 * 24 * hourMs;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

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
  const subject = distinguishedName(commonName);
  const x509 = await loadX509();
  const keys = await generateKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: subject,
    keys,
    signingAlgorithm: algorithm,
    ...validity(options),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  return {
    certificate: authority.toString("pem"),

    async issue(options) {
      checkOptionNames<IssueOptions>("options", options, {
        commonName: true,
        altNames: true,
        notBefore: true,
        notAfter: true,
      });
      const { commonName, altNames = [commonName] } = options;
      const leafSubject = distinguishedName(commonName);
      const period = validity(options);
      const leafKeys = await generateKeys();
      const leaf = await x509.X509CertificateGenerator.create({
        subject: leafSubject,
        issuer: authority.subjectName,
        publicKey: leafKeys.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        ...period,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([
            x509.ExtendedKeyUsage.serverAuth,
            x509.ExtendedKeyUsage.clientAuth,
          ]),
          new x509.SubjectAlternativeNameExtension(
            altNames.map((value) => ({
              type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const),
              value,
            })),
          ),
          await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
          await x509.SubjectKeyIdentifierExtension.create(leafKeys.publicKey),
        ],
      });
      const key = KeyObject.from(leafKeys.privateKey).export({ type: "pkcs8", format: "pem" });
      return { cert: leaf.toString("pem"), key: key.toString() };
    },
  };
}

/** Loaded on first use: it takes longer than everything else that the emulator imports. */
async function loadX509(): Promise<typeof import("@peculiar/x509")> {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

function distinguishedName(commonName: string): { CN: string[] }[] {
  return [{ CN: [nonEmptyString("commonName", commonName)] }];
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
