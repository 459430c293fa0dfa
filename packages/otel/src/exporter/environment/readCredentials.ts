import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { Fetch } from "@loggregator/core/http";
import { nodeFetch } from "@loggregator/core/node";
import { readCertificates, TlsError } from "@loggregator/grpc";
import type { OtlpTls } from "../otlpExporterOptions.js";
import type { Variable } from "./withEnvironment.js";

/** The variables with the paths of PEM files. */
export interface TlsFiles {
  readonly ca: Variable | undefined;
  readonly cert: Variable | undefined;
  readonly key: Variable | undefined;
}

/** Certificates and key, for both protocols. */
export interface Credentials {
  /** A `fetch` with the certificates and key as first read. */
  readonly fetch: Fetch;
  /**
   * Reads the files again. Called for each connection, so that rotated certificates take effect.
   */
  readonly tls: () => Promise<OtlpTls>;
}

/**
 * Reads certificates and key.
 *
 * @throws TlsError with the name of the variable if a file cannot be read or used.
 */
export function readCredentials(files: TlsFiles): Credentials {
  const [ca, cert, key] = [files.ca, files.cert, files.key].map(
    (file) => file && guarded(file, "cannot read the file", () => readFileSync(file.value, "utf8")),
  );
  check(files, { ca, cert, key });
  return { fetch: nodeFetch({ ca, cert, key }), tls: () => load(files) };
}

function check(
  files: TlsFiles,
  { ca, cert, key }: Record<"ca" | "cert" | "key", string | undefined>,
) {
  for (const [file, text] of [
    [files.ca, ca],
    [files.cert, cert],
  ] as const) {
    if (file !== undefined && text !== undefined) {
      readCertificates({ option: file.name, path: file.value }, text);
    }
  }
  if (files.key !== undefined) {
    guarded(files.key, "not the key of the certificate", () => createSecureContext({ cert, key }));
  }
}

async function load({ ca, cert, key }: TlsFiles): Promise<OtlpTls> {
  const read = async (file: Variable | undefined) =>
    file &&
    (await readFile(file.value).catch((cause: Error) => {
      throw problem(file, "cannot read the file", cause);
    }));
  const [authority, certificate, privateKey] = await Promise.all([ca, cert, key].map(read));
  return { ca: authority, cert: certificate, key: privateKey };
}

function guarded<Value>(file: Variable, failure: string, use: () => Value): Value {
  try {
    return use();
  } catch (cause) {
    throw problem(file, failure, cause as Error);
  }
}

function problem({ name, value }: Variable, failure: string, cause: Error): TlsError {
  return new TlsError(`${failure}: ${cause.message}`, { option: name, path: value }, { cause });
}
