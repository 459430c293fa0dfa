import { loadTls, type TlsMaterial, type TlsPaths } from "@loggregator/grpc";

/** The name in the certificates of log-cache nodes. Source: log-cache-release, src/cmd/gateway. */
export const logCacheServerName = "log-cache";

/**
 * Reads certificates and key for a connection to log-cache from PEM files and checks them. The
 * server's certificate must have the name `log-cache`, and log-cache has its own certificate
 * authority.
 *
 * @throws OptionTypeError for an invalid path; TlsError for files that cannot be read, are damaged,
 * do not match or have expired.
 */
export function loadLogCacheTls(paths: TlsPaths): Promise<TlsMaterial> {
  return loadTls(paths, logCacheServerName);
}
