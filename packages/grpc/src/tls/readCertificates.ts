import { X509Certificate } from "node:crypto";
import { TlsError, type TlsOrigin } from "../errors.js";

/** The first byte of a certificate in DER. */
const derSequence = 0x30;
const certificateLabel = /^(?:X509 |TRUSTED )?CERTIFICATE$/;

/**
 * Reads all certificates of a PEM text, or of DER bytes. Other blocks and text between them are
 * skipped; indentation and line ends do not matter. Unlike OpenSSL, it does not silently ignore a
 * damaged certificate and everything after it.
 *
 * @param origin The origin of the certificates, for errors.
 * @throws TlsError that names a damaged certificate by its number, or if there is none.
 */
export function readCertificates(origin: TlsOrigin, input: string | Uint8Array): X509Certificate[] {
  const certificates =
    typeof input !== "string" && input[0] === derSequence
      ? readDer(origin, input)
      : readPem(origin, Buffer.from(input).toString("latin1"));
  if (certificates.length === 0) {
    throw new TlsError("no certificate in PEM", origin);
  }
  return certificates;
}

function readPem(origin: TlsOrigin, text: string): X509Certificate[] {
  const certificates: X509Certificate[] = [];
  const begin = /-----BEGIN ([A-Z0-9 ]{1,64})-----/g;
  let end = 0;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const number = certificates.length + 1;
    const label = match[1] as string;
    checkBetween(origin, number, text.slice(end, match.index));
    const endLine = `-----END ${label}-----`;
    const bodyEnd = text.indexOf(endLine, begin.lastIndex);
    if (bodyEnd < 0) {
      throw damaged(origin, number, `it has no "${endLine}"`);
    }
    if (certificateLabel.test(label)) {
      certificates.push(parse(origin, number, text.slice(begin.lastIndex, bodyEnd)));
    }
    end = bodyEnd + endLine.length;
    begin.lastIndex = end;
  }
  checkBetween(origin, certificates.length + 1, text.slice(end));
  return certificates;
}

/** Rejects a damaged BEGIN line, which would otherwise be skipped as text between certificates. */
function checkBetween(origin: TlsOrigin, number: number, text: string): void {
  if (/(?:BEGIN|END)[ \w]{0,64} CERTIFICATE|^[ \t]*[A-Za-z0-9+/]{60,}={0,2}[ \t\r]*$/m.test(text)) {
    throw damaged(origin, number, 'it has no "-----BEGIN CERTIFICATE-----"');
  }
}

function parse(origin: TlsOrigin, number: number, body: string): X509Certificate {
  const base64 = body.replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw damaged(origin, number, "it is not base64");
  }
  const bytes = Buffer.from(base64, "base64");
  const certificate = fromBytes(origin, number, bytes);
  // Only OpenSSL's trust settings may follow a certificate.
  if (certificate.raw.length < bytes.length && bytes[certificate.raw.length] !== derSequence) {
    throw damaged(origin, number, "other bytes follow it");
  }
  return certificate;
}

function readDer(origin: TlsOrigin, bytes: Uint8Array): X509Certificate[] {
  const certificates: X509Certificate[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const certificate = fromBytes(origin, certificates.length + 1, bytes.subarray(offset));
    certificates.push(certificate);
    offset += certificate.raw.length;
  }
  return certificates;
}

function fromBytes(origin: TlsOrigin, number: number, bytes: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch (cause) {
    throw damaged(origin, number, (cause as Error).message, { cause });
  }
}

function damaged(
  origin: TlsOrigin,
  number: number,
  details: string,
  options?: ErrorOptions,
): TlsError {
  return new TlsError(`certificate ${number} is damaged: ${details}`, origin, options);
}
