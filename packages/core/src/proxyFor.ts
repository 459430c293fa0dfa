import { isLoopbackHost, splitHostPort } from "./hostPort.js";

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the value of the environment variable that names the proxy for a server: `https_proxy` or
 * `http_proxy`, in lower or (https only) upper case, or undefined if none applies. `no_proxy` and
 * `NO_PROXY` list exceptions: `*`, hosts (with their subdomains), `host:port`, IP addresses and IPv4
 * ranges. Loopback addresses are never reached through a proxy.
 *
 * @param scheme Which variable is used. `http_proxy` in upper case is ignored: in CGI programs it is a
 * request header.
 */
export function proxyFor(
  scheme: "https" | "http",
  { host, port }: { readonly host: string; readonly port: number },
  environment: Environment,
): string | undefined {
  const proxy =
    scheme === "https"
      ? (environment["https_proxy"] ?? environment["HTTPS_PROXY"])
      : environment["http_proxy"];
  if (proxy === undefined || proxy.trim() === "" || isLoopbackHost(host)) return undefined;
  const exceptions = environment["no_proxy"] ?? environment["NO_PROXY"] ?? "";
  const isException = exceptions
    .split(/[\s,]+/)
    .some((entry) => entry !== "" && matches(entry.toLowerCase(), host.toLowerCase(), port));
  return isException ? undefined : proxy.trim();
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === "*") return true;
  const range = /^([\d.]+)\/(\d{1,2})$/.exec(entry);
  if (range !== null) return inRange(host, range[1] as string, Number(range[2]));
  const parts = splitHostPort(entry);
  if (parts !== undefined && parts.port !== port) return false;
  const name = (parts?.host ?? entry).replace(/^\[|\]$/g, "").replace(/^\*?\./, "");
  return host === name || host.endsWith(`.${name}`);
}

/** Whether an IPv4 address is in a range. Names and IPv6 addresses are in none. */
function inRange(host: string, network: string, bits: number): boolean {
  const address = ipv4(host);
  const base = ipv4(network);
  if (address === undefined || base === undefined || bits > 32) return false;
  const size = 2 ** (32 - bits);
  return Math.floor(address / size) === Math.floor(base / size);
}

function ipv4(text: string): number | undefined {
  const parts = text.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined;
  return parts.reduce((number, part) => number * 256 + part, 0);
}
