import { X509Certificate } from "node:crypto";
import { TlsError } from "../errors.js";

/** The first byte of a certificate in DER. */
const derSequence = 0x30;
const certificateLabel = /^(?:X509 |TRUSTED )?CERTIFICATE$/;

/**
 * Reads all certificates of a PEM text, or of DER bytes. Other blocks and text between them are
 * skipped, indentation and line ends do not matter. OpenSSL would silently ignore a damaged
 * certificate and all behind it.
 *
 * @param name What is read, for messages.
 * @throws TlsError that names a damaged certificate by its number, or if there is none.
 */
export function readCertificates(name: string, input: string | Uint8Array): X509Certificate[] {
  const certificates =
    typeof input !== "string" && input[0] === derSequence
      ? readDer(name, input)
      : readPem(name, Buffer.from(input).toString("latin1"));
  if (certificates.length === 0) {
    throw new TlsError(`${name} has no certificate in PEM`);
  }
  return certificates;
}

function readPem(name: string, text: string): X509Certificate[] {
  const certificates: X509Certificate[] = [];
  const begin = /-----BEGIN ([A-Z0-9 ]{1,64})-----/g;
  let end = 0;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const number = certificates.length + 1;
    const label = match[1] as string;
    checkBetween(name, number, text.slice(end, match.index));
    const endLine = `-----END ${label}-----`;
    const bodyEnd = text.indexOf(endLine, begin.lastIndex);
    if (bodyEnd < 0) {
      throw damaged(name, number, `it has no "${endLine}"`);
    }
    if (certificateLabel.test(label)) {
      certificates.push(parse(name, number, text.slice(begin.lastIndex, bodyEnd)));
    }
    end = bodyEnd + endLine.length;
    begin.lastIndex = end;
  }
  checkBetween(name, certificates.length + 1, text.slice(end));
  return certificates;
}

/** A certificate whose BEGIN line is damaged would pass as text between others. */
function checkBetween(name: string, number: number, text: string): void {
  if (/(?:BEGIN|END)[ \w]* CERTIFICATE|^[ \t]*[A-Za-z0-9+/]{60,}={0,2}[ \t\r]*$/m.test(text)) {
    throw damaged(name, number, 'it has no "-----BEGIN CERTIFICATE-----"');
  }
}

function parse(name: string, number: number, body: string): X509Certificate {
  const base64 = body.replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw damaged(name, number, "it is not base64");
  }
  const bytes = Buffer.from(base64, "base64");
  const certificate = fromBytes(name, number, bytes);
  // Only trust settings of OpenSSL's own may follow.
  if (certificate.raw.length < bytes.length && bytes[certificate.raw.length] !== derSequence) {
    throw damaged(name, number, "other bytes follow it");
  }
  return certificate;
}

function readDer(name: string, bytes: Uint8Array): X509Certificate[] {
  const certificates: X509Certificate[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const certificate = fromBytes(name, certificates.length + 1, bytes.subarray(offset));
    certificates.push(certificate);
    offset += certificate.raw.length;
  }
  return certificates;
}

function fromBytes(name: string, number: number, bytes: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch (cause) {
    throw damaged(name, number, (cause as Error).message, { cause });
  }
}

function damaged(name: string, number: number, details: string, options?: ErrorOptions): TlsError {
  return new TlsError(`${name}: certificate ${number} is damaged: ${details}`, options);
}
