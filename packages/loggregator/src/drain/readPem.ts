import { readFile } from "node:fs/promises";
import { UsageError } from "../errors.js";

/**
 * Reads files of certificates and keys. Missing flags are omitted.
 *
 * @throws UsageError that names the flag.
 */
export async function readPem<Name extends string>(
  paths: Readonly<Record<Name, string | undefined>>,
  flags: Readonly<Record<Name, string>>,
): Promise<{ [name in Name]?: Buffer }> {
  const read: { [name in Name]?: Buffer } = {};
  for (const name of Object.keys(paths) as Name[]) {
    const path = paths[name];
    if (path === undefined) {
      continue;
    }
    try {
      read[name] = await readFile(path);
    } catch (cause) {
      const { message } = cause as Error;
      throw new UsageError(`${flags[name]}: cannot read the file: ${message}`, { cause });
    }
  }
  return read;
}

/** @throws UsageError if only one of a certificate and its key is given. */
export function requirePair(cert: string | undefined, key: string | undefined): void {
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("--cert and --key must be used together; pass both or neither");
  }
}
