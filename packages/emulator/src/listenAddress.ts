import { EmulatorStartError } from "./errors.js";

/** Where to listen. */
export interface ListenAddress {
  /** An IPv6 address is in brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port`, an IPv6 host in brackets. Port 0: the system chooses.
 *
 * @param name of the option, for the message
 * @throws TypeError where it is not of that form
 * @throws RangeError where the port is over 65535
 */
export function parseListenAddress(name: string, address: string): ListenAddress {
  const [, host, digits] = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s/]+):(\d+)$/.exec(address) ?? [];
  if (host === undefined || digits === undefined) {
    throw new TypeError(
      `${name}: expected "host:port", for example "127.0.0.1:0", got ${JSON.stringify(address)}`,
    );
  }
  const port = Number(digits);
  if (port > 65_535) {
    throw new RangeError(`${name}: expected a port from 0 to 65535, got ${digits}`);
  }
  return { host, port };
}

/** The host as the system knows it: without brackets. */
export function hostName({ host }: ListenAddress): string {
  return host.replace(/^\[|\]$/g, "");
}

/** Why it could not listen, and what to do. */
export function listenError({ host, port }: ListenAddress, cause: unknown): EmulatorStartError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const taken = reason.includes("EADDRINUSE");
  return new EmulatorStartError(
    `cannot listen on ${host}:${port}: ${taken ? "the port is taken; another, or 0 for a free one, will do" : reason}`,
    { cause },
  );
}
