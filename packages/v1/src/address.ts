/** Where datagrams go. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Takes `host:port` or `[IPv6]:port` apart.
 *
 * @throws TypeError for other text.
 */
export function parseAddress(address: unknown): Address {
  if (typeof address === "string") {
    const match = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([\w.-]+)):(\d{1,5})$/.exec(address);
    const host = match?.[1] ?? match?.[2];
    const port = Number(match?.[3]);
    if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
  }
  const got = typeof address === "string" ? JSON.stringify(address) : String(address);
  throw new TypeError(`address: expected "host:port" or "[IPv6]:port", got ${got}`);
}
