import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import type { Address } from "./address.js";
import { AddressLookupError } from "./errors.js";

/**
 * A socket that is connected to the address: it sends without a lookup for each datagram, and the
 * system reports when nobody listens there.
 *
 * IPv4 is taken where the name has it, as in the reference: an agent at `localhost` listens on
 * 127.0.0.1. `attempt` counts the attempts before this one, each of which takes the next address.
 *
 * @throws AddressLookupError where the name can't be resolved, the system's error where no socket
 * can be had.
 */
export async function openSocket({ host, port }: Address, attempt: number): Promise<Socket> {
  const addresses = await lookup(host, { all: true }).catch((cause: Error) => {
    throw new AddressLookupError(`expected ${host} to resolve to an address: ${cause.message}`, {
      cause,
    });
  });
  const ofIPv4 = addresses.filter(({ family }) => family === 4);
  const candidates = ofIPv4.length > 0 ? ofIPv4 : addresses;
  const chosen = candidates[attempt % candidates.length];
  if (chosen === undefined) {
    throw new AddressLookupError(`expected ${host} to resolve to an address, got none`);
  }
  const socket = createSocket(chosen.family === 6 ? "udp6" : "udp4");
  try {
    socket.unref();
    socket.connect(port, chosen.address);
    await once(socket, "connect");
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}
