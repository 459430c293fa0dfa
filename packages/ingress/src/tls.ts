import { loadTls, type TlsMaterial, type TlsPaths } from "@loggregator/grpc";

/** The name in the certificates of agents and routers. Source: go-loggregator's NewIngressTLSConfig. */
export const ingressServerName = "metron";

/**
 * Reads certificates and key for a connection to an agent from PEM files and checks them. The
 * server's certificate will have to be for the name `metron`.
 *
 * @throws TypeError for a path that is none; TlsError for files that can't be read, don't parse,
 * don't fit together or are out of date.
 */
export function loadIngressTls(paths: TlsPaths): Promise<TlsMaterial> {
  return loadTls(paths, ingressServerName);
}
