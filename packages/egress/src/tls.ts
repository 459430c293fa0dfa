import { loadTls, type TlsMaterial, type TlsPaths } from "@loggregator/grpc";

/** The name in the certificates of Reverse Log Proxies. Source: go-loggregator's NewEgressTLSConfig. */
export const egressServerName = "reverselogproxy";

/**
 * Reads certificates and key for a connection to a Reverse Log Proxy from PEM files and checks
 * them. The server's certificate will have to be for the name `reverselogproxy`.
 *
 * @throws TypeError for a path that is none; TlsError for files that can't be read, don't parse,
 * don't fit together or are out of date.
 */
export function loadEgressTls(paths: TlsPaths): Promise<TlsMaterial> {
  return loadTls(paths, egressServerName);
}
