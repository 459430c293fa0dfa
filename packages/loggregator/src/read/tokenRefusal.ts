import { isIP } from "node:net";
import { isLoopbackHost } from "@loggregator/core";

/**
 * Returns the reason why the token of the `cf` command must not be sent to a URL, or undefined if
 * it may be.
 *
 * The URL may come from another user's environment file, so the token is only sent to the
 * foundation that issued it: to the host of its API, and to hosts of its system domain, which is
 * the API's host without the leading `api`. It is never sent unencrypted to another machine.
 *
 * @param target The API of the foundation. If it is unknown, only this machine is permitted.
 * @param allowed Further hosts that the user has named.
 */
export function tokenRefusal(
  url: URL,
  target: URL | undefined,
  allowed: readonly string[],
): string | undefined {
  const host = hostOf(url);
  const isLoopback = isLoopbackHost(host);
  if (url.protocol !== "https:" && !isLoopback) {
    return `the token of the cf command is not sent to ${host} without TLS; use https`;
  }
  if (allowed.some((name) => name.toLowerCase() === host)) {
    return undefined;
  }
  if (target === undefined ? isLoopback : isOfFoundation(host, hostOf(target))) {
    return undefined;
  }
  const issuer = target === undefined ? "another foundation" : hostOf(target);
  return `the token of the cf command is for ${issuer} and is not sent to ${host}; allow that with --send-token-to ${host}`;
}

function isOfFoundation(host: string, api: string): boolean {
  if (host === api || (isLoopbackHost(host) && isLoopbackHost(api))) {
    return true;
  }
  if (!api.startsWith("api.") || isIP(api) !== 0) {
    return false;
  }
  const domain = api.slice("api.".length);
  // Not a top-level domain, which has many owners.
  return domain.includes(".") && host.endsWith(`.${domain}`);
}

function hostOf({ hostname }: URL): string {
  const host = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return host.endsWith(".") ? host.slice(0, -1) : host;
}
