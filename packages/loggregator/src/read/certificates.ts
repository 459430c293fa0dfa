import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { formatValue } from "@loggregator/core";
import { CommandError } from "../errors.js";

const begin = "-----BEGIN CERTIFICATE-----";
const end = "-----END CERTIFICATE-----";

/**
 * Reads all certificates of a PEM bundle, or the one of a DER file, and returns each as PEM.
 *
 * TLS reads a bundle only up to the first certificate that it does not understand, and then trusts
 * fewer authorities than the file has, without an error. Here a certificate that is indented or
 * follows another without a line end is read, and a damaged one is reported with its number.
 *
 * @param flag The option that named the file.
 * @throws CommandError for a file that cannot be read, that has no certificate, or a damaged one.
 */
export async function readCertificates(flag: string, path: string): Promise<string[]> {
  const file = formatValue(path);
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new CommandError(
      `${flag} must be a file that can be read, got ${file}: ${cause.message}`,
      {
        cause,
      },
    );
  });
  const certificates = bytes[0] === derSequence ? [bytes] : pemBodies(bytes.toString("latin1"));
  if (certificates.length === 0) {
    throw new CommandError(`${flag} must be a file with certificates in PEM, got ${file}`);
  }
  return certificates.map((der, index) => {
    try {
      return new X509Certificate(der).toString();
    } catch (cause) {
      throw new CommandError(
        `${flag}: certificate ${index + 1} of ${certificates.length} in ${file} is damaged: ${(cause as Error).message}`,
        { cause },
      );
    }
  });
}

/** The first byte of each certificate in DER. */
const derSequence = 0x30;

/** The contents between the markers. A certificate without its end marker is damaged. */
function pemBodies(text: string): Buffer[] {
  return text
    .split(begin)
    .slice(1)
    .map((section) => {
      const at = section.indexOf(end);
      return at === -1 ? Buffer.alloc(0) : Buffer.from(section.slice(0, at), "base64");
    });
}
