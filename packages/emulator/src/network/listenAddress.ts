import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import {
  formatHostPort,
  formatValue,
  type HostPort,
  OptionTypeError,
  splitHostPort,
} from "@loggregator/core";
import { EmulatorStartError } from "../errors.js";

/** An address to listen on, and the option that it comes from. */
export interface ListenAddress extends HostPort {
  /** The option's path, such as `ingress.address`. */
  readonly option: string;
}

/**
 * Splits `host:port` or `[IPv6]:port`. With port 0 the system chooses a free one.
 *
 * @throws OptionTypeError for anything else.
 */
export function parseListenAddress(
  option: string,
  address: unknown = "127.0.0.1:0",
): ListenAddress {
  const parts = typeof address === "string" ? splitHostPort(address, 0) : undefined;
  if (parts !== undefined) {
    return { ...parts, option };
  }
  const expected = '"host:port" or "[IPv6]:port", such as "127.0.0.1:0"';
  throw new OptionTypeError(option, expected, formatValue(address));
}

/**
 * Listens, and returns the address with the actual port, and the `host:port` at which clients on this
 * machine reach it.
 *
 * @throws EmulatorStartError if it cannot listen at the address.
 */
export async function listenAt(
  server: Server,
  address: ListenAddress,
): Promise<{ readonly address: string; readonly reachable: string }> {
  try {
    server.listen({ host: address.host, port: address.port });
    await once(server, "listening");
  } catch (cause) {
    throw listenError(address, cause);
  }
  const { port } = server.address() as AddressInfo;
  const host = address.host.replace(/^0\.0\.0\.0$/, "127.0.0.1").replace(/^::$/, "::1");
  return { address: boundAddress(address, port), reachable: formatHostPort({ host, port }) };
}

/** Returns the address with the actual port. */
export function boundAddress({ host }: ListenAddress, port: number): string {
  return formatHostPort({ host, port });
}

/** Rejects with the error of listening at the address. */
export async function tryListening({ host, port }: ListenAddress): Promise<void> {
  const trial = createServer();
  trial.listen({ host, port });
  await once(trial, "listening");
  trial.close();
  await once(trial, "close");
}

/** Creates the error for an address that cannot be listened on, with the reason and a remedy. */
export function listenError(address: ListenAddress, cause: unknown): EmulatorStartError {
  const place = formatHostPort(address);
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const reason =
    code === "EADDRINUSE"
      ? "the port is taken; choose another one, or 0 for a free one"
      : cause instanceof Error
        ? cause.message
        : String(cause);
  const message = `cannot listen on ${place} (${address.option}): ${reason}`;
  return new EmulatorStartError(message, address.option, place, cause);
}
