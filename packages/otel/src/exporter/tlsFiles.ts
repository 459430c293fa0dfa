import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Fetch } from "@loggregator/core/http";
import { nodeFetch } from "@loggregator/core/node";
import type { OtlpTls } from "./options.js";

/** The paths of PEM files. All are optional. */
export interface TlsFiles {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** Reads certificates and key. Called for each connection, so that rotated ones take effect. */
export async function loadTlsFiles({ ca, cert, key }: TlsFiles): Promise<OtlpTls> {
  const read = async (path: string | undefined) =>
    path === undefined ? undefined : await readFile(path);
  const [authority, certificate, privateKey] = await Promise.all([ca, cert, key].map(read));
  return { ca: authority, cert: certificate, key: privateKey };
}

/** Returns a `fetch` that uses the certificates and key, which are read once. Throws if that fails. */
export function fetchWithFiles({ ca, cert, key }: TlsFiles): Fetch {
  const read = (path: string | undefined) =>
    path === undefined ? undefined : readFileSync(path, "utf8");
  return nodeFetch({ ca: read(ca), cert: read(cert), key: read(key) });
}
