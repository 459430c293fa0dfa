import { loadTls, type TlsMaterial, type TlsPaths } from "@loggregator/grpc";

/**
 * The name in the certificates of Reverse Log Proxies. Source: go-loggregator's NewEgressTLSConfig.
 */
export const egressServerName = "reverselogproxy";

/**
 * Reads certificates and key for a connection to a Reverse Log Proxy from PEM files and checks
 * them. The server's certificate must have the name `reverselogproxy`.
 *
 * @throws OptionTypeError for an invalid path; TlsError if a file cannot be read or parsed, the key
 * does not match the certificate, or the certificate is not currently valid.
 */
export function loadEgressTls(paths: TlsPaths): Promise<TlsMaterial> {
  return loadTls(paths, egressServerName);
}
