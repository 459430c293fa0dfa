/** The headers that contain the origin of a request. */
export interface RequestOrigin {
  /** `Host`, or `:authority` in HTTP/2. */
  readonly host: string | undefined;
  /** `Origin`. */
  readonly origin?: string | undefined;
  /** `Sec-Fetch-Site`. */
  readonly fetchSite?: string | undefined;
}

/**
 * Returns true if a `Host` header names a local server: an IP address, `localhost`, a name without
 * a dot, or one of `otherHosts`.
 *
 * Check it in servers without authentication: the name of a website can be made to resolve to such
 * a server (DNS rebinding), and pages of that site could then read from it.
 */
export function isLocalHostHeader(
  host: string | undefined,
  otherHosts: readonly string[] = [],
): boolean {
  // The header is optional in HTTP/1.0, but every browser sends it.
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

/** Returns true if the request comes from a page of another origin, according to the browser. */
export function isCrossOrigin({ host, origin, fetchSite }: RequestOrigin): boolean {
  if (fetchSite !== undefined) {
    return fetchSite !== "same-origin" && fetchSite !== "none";
  }
  return origin !== undefined && origin.replace(/^https?:\/\//, "") !== host;
}
