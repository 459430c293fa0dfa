import { OptionTypeError } from "../options/optionError.js";
import { formatValue } from "../text/formatValue.js";

/** A host and a port. */
export interface HostPort {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Splits `host:port` or `[IPv6]:port`. Returns undefined for other text, or a port above 65,535. */
export function splitHostPort(text: string, leastPort = 1): HostPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([\w.-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < leastPort || port > 65_535) {
    return undefined;
  }
  if (match?.[1] !== undefined && !isIpv6(host)) {
    return undefined;
  }
  return { host, port };
}

/**
 * Splits `host:port` or `[IPv6]:port`.
 *
 * @throws OptionTypeError for anything else.
 */
export function parseHostPort(name: string, value: unknown): HostPort {
  const parts = typeof value === "string" ? splitHostPort(value) : undefined;
  if (parts !== undefined) {
    return parts;
  }
  throw new OptionTypeError(name, '"host:port" or "[IPv6]:port"', formatValue(value));
}

/** Joins a host and a port. An IPv6 address is put in brackets. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Returns a host without the brackets that a URL has around an IPv6 address. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

/**
 * Returns true for a loopback host: `localhost` and its subdomains, 127.0.0.0/8, and `::1` with or
 * without the brackets of a URL's host name.
 */
export function isLoopbackHost(host: string): boolean {
  return loopbackHost.test(host);
}

const loopbackHost =
  /^(?:(?:[\w.-]+\.)?localhost\.?|127(?:\.\d{1,3}){3}|\[?(?:::1|(?:0:){7}1)\]?)$/i;

/** Returns true for an IPv6 address. A zone (`%eth0`) is ignored. */
function isIpv6(text: string): boolean {
  const [address = ""] = text.split("%");
  try {
    // `URL` is the only IPv6 parser that exists in every runtime.
    return new URL(`http://[${address}]`).hostname !== "";
  } catch {
    return false;
  }
}
