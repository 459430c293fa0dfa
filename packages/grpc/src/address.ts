import { isIPv6 } from "node:net";
import { formatValue, OptionTypeError } from "@loggregator/core";

/**
 * Checks that an address is one that gRPC can reach: `host:port`, `[IPv6]:port` or `unix:path`.
 *
 * @returns the address as grpc-js takes it, whatever the host is called.
 * @throws OptionTypeError if it is not.
 */
export function checkAddress(address: unknown): string {
  if (typeof address === "string") {
    if (/^unix:./.test(address)) return address;
    const [, host, port] = /^(\[.+\]|[\w.-]+):(\d{1,5})$/.exec(address) ?? [];
    const isHost = host?.startsWith("[") ? isIPv6(host.slice(1, -1)) : true;
    // Without the scheme, a host that is called "dns" or "ipv4" would be taken for one.
    if (isHost && Number(port) >= 1 && Number(port) <= 65_535) return `dns:${address}`;
  }
  const expected = '"host:port", "[IPv6]:port" or "unix:path"';
  throw new OptionTypeError("address", expected, formatValue(address));
}

/** Whether an address that parses is one of this machine. No proxy can reach that. */
export function isLoopback(address: string): boolean {
  return /^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\]):\d+$/i.test(address);
}
