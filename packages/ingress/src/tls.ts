import { loadTls, type TlsMaterial, type TlsPaths } from "@loggregator/grpc";

/**
 * The name in the certificates of agents and routers. Source: go-loggregator's NewIngressTLSConfig.
 */
export const ingressServerName = "metron";

/**
 * Reads the certificates and the key for connections to an agent from PEM files, and checks them.
 * The server's certificate must be for the name `metron`.
 *
 * @throws OptionTypeError for an invalid path; TlsError if a file cannot be read or parsed, the key
 * does not match the certificate, or the certificate is not currently valid.
 */
export function loadIngressTls(paths: TlsPaths): Promise<TlsMaterial> {
  return loadTls(paths, ingressServerName);
}
