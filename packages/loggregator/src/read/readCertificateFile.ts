import { readFile } from "node:fs/promises";
import { formatValue } from "@loggregator/core";
import { CommandError } from "../errors.js";

/**
 * Reads all certificates of a PEM bundle or a DER file, and returns each as PEM.
 *
 * @param flag The option that named the file.
 * @throws CommandError for a file that cannot be read, that has no certificate, or a damaged one.
 */
export async function readCertificateFile(flag: string, path: string): Promise<string[]> {
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new CommandError(`${flag} ${formatValue(path)}: cannot read the file: ${cause.message}`, {
      cause,
    });
  });
  const { readCertificates } = await import("@loggregator/grpc");
  try {
    return readCertificates({ option: flag, path }, bytes).map(String);
  } catch (cause) {
    throw new CommandError((cause as Error).message, { cause });
  }
}
