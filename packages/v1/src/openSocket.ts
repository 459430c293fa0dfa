import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { abortable, type HostPort, linkedTimeout } from "@loggregator/core";
import { AddressLookupError } from "./errors.js";

/** Options of `openSocket`. */
export interface OpenSocketOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The number of failed attempts before this one. Each attempt uses the host's next address. */
  readonly failures: number;
}

/**
 * Opens a socket that is connected to the address, so that datagrams are sent without a lookup for
 * each, and the system reports if no process listens there.
 *
 * As in go-loggregator, IPv4 addresses are preferred: an agent at `localhost` listens on 127.0.0.1.
 *
 * @throws AddressLookupError if the host cannot be resolved, the system's error if no socket can be
 * opened, the signal's reason if it aborts.
 */
export async function openSocket(
  { host, port }: HostPort,
  { timeoutMs, signal, failures }: OpenSocketOptions,
): Promise<Socket> {
  const late = () => lookupError(host, `no answer within ${timeoutMs} ms`);
  const limit = linkedTimeout(timeoutMs, late, signal);
  try {
    const { address, family } = await resolve(host, failures, limit.signal);
    limit.signal.throwIfAborted();
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    try {
      socket.unref();
      socket.connect(port, address);
      await once(socket, "connect", { signal: limit.signal });
      return socket;
    } catch (error) {
      socket.close();
      throw limit.signal.aborted ? limit.signal.reason : error;
    }
  } finally {
    limit.abort();
  }
}

async function resolve(
  host: string,
  failures: number,
  signal: AbortSignal,
): Promise<{ readonly address: string; readonly family: number }> {
  const lookingUp = lookup(host, { all: true }).catch((cause: Error) => {
    throw lookupError(host, cause.message, cause);
  });
  const addresses = await abortable(signal, lookingUp);
  const ipv4 = addresses.filter(({ family }) => family === 4);
  const candidates = ipv4.length > 0 ? ipv4 : addresses;
  const chosen = candidates[failures % candidates.length];
  if (chosen === undefined) {
    throw lookupError(host, "the lookup returned no address");
  }
  return chosen;
}

function lookupError(host: string, why: string, cause?: Error): AddressLookupError {
  const message = `cannot resolve ${host}: ${why}. Is the host name correct?`;
  return new AddressLookupError(message, cause && { cause });
}
