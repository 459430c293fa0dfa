import { X509Certificate } from "node:crypto";
import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { DrainCheckFailure, type DrainProblem } from "./drainCheckFailure.js";

const dayMs = 24 * 3_600_000;
const serverAuth = "1.3.6.1.5.5.7.3.1";
const anyUsage = "2.5.29.37.0";

/** A certificate of the chain that a server sent. */
export interface CheckedCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** The host names and addresses that it is valid for; empty for authorities. */
  readonly altNames: readonly string[];
  /** The permitted usages, as object identifiers; empty if they are not limited. */
  readonly usages: readonly string[];
  readonly fingerprint256: string;
}

/** Returns the certificates that the server sent, its own first. */
export function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (next?.raw !== undefined) {
    chain.push(new X509Certificate(next.raw));
    const issuer: DetailedPeerCertificate | undefined = next.issuerCertificate;
    // An authority is its own issuer.
    next = issuer === next || issuer?.fingerprint256 === next.fingerprint256 ? undefined : issuer;
  }
  return chain;
}

export function describeCertificate(certificate: X509Certificate): CheckedCertificate {
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    validFrom: new Date(certificate.validFrom),
    validTo: new Date(certificate.validTo),
    altNames: (certificate.subjectAltName ?? "").split(", ").filter((name) => name !== ""),
    usages: certificate.keyUsage ?? [],
    fingerprint256: certificate.fingerprint256,
  };
}

/**
 * Checks the chain that a server sent.
 *
 * @param verifyError The code of OpenSSL's verification; undefined if it succeeded.
 * @returns Warnings.
 * @throws DrainCheckFailure with the first error.
 */
export function checkChain(
  chain: readonly X509Certificate[],
  host: string,
  verifyError: string | undefined,
  now = Date.now(),
): DrainProblem[] {
  const [own] = chain;
  if (own === undefined) {
    const text = "the server sends no certificate";
    throw new DrainCheckFailure("tls", text, "configure a certificate in the receiver");
  }
  for (const certificate of chain) {
    checkValidity(certificate, now);
  }
  checkTrust(chain, verifyError);
  checkName(own, host);
  checkUsage(own, verifyError);
  if (verifyError !== undefined) {
    throw new DrainCheckFailure(
      "tls",
      `the certificate is rejected: ${verifyError}`,
      "have the certificate reissued",
    );
  }
  return chain.flatMap((certificate) => expiryWarning(certificate, now));
}

function checkValidity(certificate: X509Certificate, now: number): void {
  const name = nameOf(certificate.subject);
  if (now > Date.parse(certificate.validTo)) {
    const text = `the certificate of ${name} expired on ${dateOf(certificate.validTo)}`;
    throw new DrainCheckFailure("certificate-expired", text, "renew it, and restart the receiver");
  }
  if (now < Date.parse(certificate.validFrom)) {
    throw new DrainCheckFailure(
      "certificate-expired",
      `the certificate of ${name} is not valid before ${dateOf(certificate.validFrom)}`,
      "wait until then, or set the clock of this machine",
    );
  }
}

function checkTrust(chain: readonly X509Certificate[], verifyError: string | undefined): void {
  if (!/^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_UNTRUSTED)/.test(verifyError ?? "")) {
    return;
  }
  const last = chain.at(-1) as X509Certificate;
  const issuer = nameOf(last.issuer);
  const isOwnIssuer = last.issuer === last.subject;
  if (isOwnIssuer || !hasParent(last)) {
    const what = isOwnIssuer && chain.length === 1 ? "is self-signed" : `was issued by ${issuer}`;
    throw new DrainCheckFailure(
      "unknown-authority",
      `the certificate ${what}, which is not trusted here`,
      "use a certificate of a public authority, have the platform trust this one, or pass it with --ca to check the rest",
    );
  }
  throw new DrainCheckFailure(
    "missing-intermediate",
    `the server does not send the intermediate certificate ${issuer}, which issued that of ${nameOf(last.subject)}`,
    "append the intermediate certificates to the certificate file of the receiver (browsers may fetch them, drains do not)",
  );
}

/**
 * Returns whether a certificate contains the URL of its issuer's certificate, as certificates from
 * public authorities do.
 */
function hasParent(certificate: X509Certificate): boolean {
  return certificate.infoAccess?.includes("CA Issuers") ?? false;
}

function checkName(own: X509Certificate, host: string): void {
  const subject = { CN: nameOf(own.subject) } as never;
  const certificate = { subject, subjectaltname: own.subjectAltName } as never;
  if (checkServerIdentity(host, certificate) === undefined) {
    return;
  }
  const names = own.subjectAltName?.replaceAll(/DNS:|IP Address:/g, "") ?? nameOf(own.subject);
  throw new DrainCheckFailure(
    "certificate-name",
    `the certificate is for ${names}, and not for ${host}`,
    "use one of these names in the URL of the drain, or have the certificate issued for that host",
  );
}

function checkUsage(own: X509Certificate, verifyError: string | undefined): void {
  const usages = own.keyUsage ?? [];
  const isForServers =
    usages.length === 0 || usages.includes(serverAuth) || usages.includes(anyUsage);
  if (isForServers && verifyError !== "INVALID_PURPOSE") {
    return;
  }
  throw new DrainCheckFailure(
    "certificate-usage",
    `the certificate of ${nameOf(own.subject)} is not for servers (its extended key usage has no serverAuth)`,
    "have it issued with the usage serverAuth",
  );
}

function expiryWarning(certificate: X509Certificate, now: number): DrainProblem[] {
  const days = Math.floor((Date.parse(certificate.validTo) - now) / dayMs);
  if (days >= 30) {
    return [];
  }
  return [
    {
      code: "expires-soon",
      severity: "warning",
      message: `the certificate of ${nameOf(certificate.subject)} expires in ${days} ${days === 1 ? "day" : "days"}`,
      remedy: "renew it before that",
    },
  ];
}

/** Returns the common name of a distinguished name, or the whole name in one line. */
function nameOf(distinguishedName: string): string {
  return /^CN=(.*)$/m.exec(distinguishedName)?.[1] ?? distinguishedName.replaceAll("\n", ", ");
}

function dateOf(text: string): string {
  return new Date(text).toISOString().slice(0, 10);
}
