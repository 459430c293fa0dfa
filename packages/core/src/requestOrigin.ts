/** The headers of a request that say where it comes from. */
export interface RequestOrigin {
  /** `Host`, or `:authority` in HTTP/2. */
  readonly host: string | undefined;
  /** `Origin`. */
  readonly origin?: string | undefined;
  /** `Sec-Fetch-Site`. */
  readonly fetchSite?: string | undefined;
}

/**
 * Whether a `Host` header names a server on this machine or in its network as only those can who
 * know it: by an IP address, as `localhost`, by a name without a dot, or as one of `otherHosts`.
 *
 * Check it in servers that are open to whoever can reach them: a web page can make the name of its
 * own site point to such a server (DNS rebinding), and then reads from it as from its own site.
 */
export function isLocalHostHeader(
  host: string | undefined,
  otherHosts: readonly string[] = [],
): boolean {
  // HTTP/1.0 allows none, and every browser sends one.
  if (host === undefined) {
    return true;
  }
  const name = host.toLowerCase().replace(/:\d{0,5}$/, "");
  return (
    /^\[[\da-f:.]+\]$/.test(name) ||
    /^\d{1,3}(\.\d{1,3}){3}$/.test(name) ||
    /^([\w-]+\.)*localhost$/.test(name) ||
    /^[\w-]+$/.test(name) ||
    otherHosts.some((other) => other.toLowerCase() === name)
  );
}

/** Whether a browser says that a request was made by a page of another origin than the server's. */
export function isCrossOrigin({ host, origin, fetchSite }: RequestOrigin): boolean {
  if (fetchSite !== undefined) {
    return fetchSite !== "same-origin" && fetchSite !== "none";
  }
  return origin !== undefined && origin.replace(/^https?:\/\//, "") !== host;
}
