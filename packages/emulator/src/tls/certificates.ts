import { KeyObject, webcrypto } from "node:crypto";
import { isIP } from "node:net";

/** A certificate and its private key, both PEM. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateAuthorityOptions {
  /** Default `loggregator emulator CA`. */
  readonly commonName?: string | undefined;
  /** Valid from then on. Default: an hour before now, or before `notAfter` where that is past. */
  readonly notBefore?: Date | undefined;
  /** Valid until then. Default: a year from now. */
  readonly notAfter?: Date | undefined;
}

export interface IssueOptions {
  /** The subject's common name, for example `metron`. */
  readonly commonName: string;
  /** Host names and IP addresses that the certificate stands for. Default: the common name. */
  readonly altNames?: readonly string[] | undefined;
  /** Valid from then on. Default: an hour before now, or before `notAfter` where that is past. */
  readonly notBefore?: Date | undefined;
  /** Valid until then; a date in the past makes an expired certificate. Default: a year from now. */
  readonly notAfter?: Date | undefined;
}

export interface CertificateAuthority {
  /** Its own certificate, PEM: what those who trust it need. */
  readonly certificate: string;
  /** A new key and a certificate for it, good for servers and clients alike. */
  issue(options: IssueOptions): Promise<CertificateAndKey>;
}

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/**
 * A certificate authority for tests: nothing of it touches the disk, its keys are ECDSA P-256.
 *
 * @throws RangeError where `notBefore` is not before `notAfter`
 * @throws TypeError where `commonName` is empty
 */
export async function createCertificateAuthority(
  options: CertificateAuthorityOptions = {},
): Promise<CertificateAuthority> {
  const { commonName = "loggregator emulator CA" } = options;
  const subject = distinguishedName(commonName);
  const x509 = await loadX509();
  const keys = await generateKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: subject,
    keys,
    signingAlgorithm: ALGORITHM,
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
      const { commonName, altNames = [commonName] } = options;
      const leafSubject = distinguishedName(commonName);
      const period = validity(options);
      const leafKeys = await generateKeys();
      const leaf = await x509.X509CertificateGenerator.create({
        subject: leafSubject,
        issuer: authority.subjectName,
        publicKey: leafKeys.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
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

/** Loaded where it is first needed: it takes longer than everything else that the emulator imports. */
async function loadX509(): Promise<typeof import("@peculiar/x509")> {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

function distinguishedName(commonName: string): { CN: string[] }[] {
  if (typeof commonName !== "string" || commonName === "") {
    throw new TypeError(`commonName: expected a name, got ${JSON.stringify(commonName)}`);
  }
  return [{ CN: [commonName] }];
}

function validity(options: { notBefore?: Date | undefined; notAfter?: Date | undefined }): {
  notBefore: Date;
  notAfter: Date;
} {
  const now = Date.now();
  const notAfter = options.notAfter ?? new Date(now + YEAR_MS);
  const notBefore = options.notBefore ?? new Date(Math.min(now, notAfter.getTime()) - HOUR_MS);
  if (!(notBefore < notAfter)) {
    throw new RangeError(
      `notAfter: expected a date after notBefore (${String(notBefore)}), got ${String(notAfter)}`,
    );
  }
  return { notBefore, notAfter };
}
