import { nodeFetch } from "@loggregator/core/node";
import type { Fetch } from "@loggregator/rlp-gateway";
import { UsageError } from "../errors.js";
import { rejected } from "../optionValues.js";
import { readCertificateFile } from "./readCertificateFile.js";

/**
 * Parses the value of an option as a URL.
 *
 * @param example A URL for the message.
 * @throws UsageError for anything else, and for a URL with a password.
 */
export function parseUrl(flag: string, address: string, example: string): URL {
  // Without a scheme, `host:port` would be parsed as a URL with the scheme `host`.
  const isHttp = /^https?:\/\//i.test(address);
  if (!isHttp || !URL.canParse(address)) {
    throw rejected(flag, `a URL such as ${example}`, address);
  }
  const url = new URL(address);
  if (url.username === "" && url.password === "") {
    return url;
  }
  throw new UsageError(
    `${flag} must be a URL without a user name and password; pass the token with --token or CF_TOKEN`,
  );
}

/**
 * Returns the `fetch` for a URL; undefined for the client's default, which also uses the proxy of
 * the environment.
 *
 * @param ca PEM file of further authorities that may sign the server's certificate.
 */
export async function fetchFor(url: URL, ca: string | undefined): Promise<Fetch | undefined> {
  if (url.protocol !== "https:" || !ca) {
    return undefined;
  }
  return nodeFetch({ ca: await readCertificateFile("--ca", ca) });
}
