/**
 * Checks that an address is one that gRPC can reach: `host:port`, `[IPv6]:port` or `unix:path`.
 *
 * @throws TypeError where it is not.
 */
export function checkAddress(address: unknown): asserts address is string {
  if (typeof address === "string") {
    if (/^unix:.+/.test(address)) return;
    const match = /^(?:\[[0-9a-fA-F:.]+(?:%[\w.-]+)?\]|[\w.-]+):(\d{1,5})$/.exec(address);
    const port = Number(match?.[1]);
    if (port >= 1 && port <= 65_535) return;
  }
  const got = typeof address === "string" ? JSON.stringify(address) : String(address);
  throw new TypeError(`address: expected "host:port", "[IPv6]:port" or "unix:path", got ${got}`);
}
