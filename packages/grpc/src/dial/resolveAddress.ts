import { type LookupAddress, lookup } from "node:dns";
import { isIP } from "node:net";
import { abortable } from "@loggregator/core";
import type { Address } from "../address.js";
import { DialError, dialError } from "./dialError.js";

/** The endpoint of a socket: TCP or a Unix domain socket. */
export type Endpoint = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Resolves an address to the endpoints to try, in order: families alternate, beginning with that of
 * the resolver's first address (RFC 8305, section 4).
 *
 * @throws DialError if the name does not resolve, or has no address.
 */
export async function resolveAddress(address: Address, signal: AbortSignal): Promise<Endpoint[]> {
  if (address.type === "unix") {
    return [{ path: address.path }];
  }
  const { host, port } = address;
  if (isIP(host) !== 0) {
    return [{ host, port }];
  }
  const found = await abortable(signal, lookupAll(host));
  if (found.length === 0) {
    throw new DialError("lookup", `the lookup of ${JSON.stringify(host)} returned no address`);
  }
  return interleave(found).map((ip) => ({ host: ip, port }));
}

function lookupAll(host: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true, verbatim: true }, (error, addresses) => {
      if (error) {
        reject(dialError("lookup", error));
      } else {
        resolve(addresses ?? []);
      }
    });
  });
}

function interleave(addresses: readonly LookupAddress[]): string[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family);
  const second = addresses.filter(({ family }) => family !== addresses[0]?.family);
  const order: string[] = [];
  for (let index = 0; index < Math.max(first.length, second.length); index++) {
    for (const family of [first, second]) {
      const ip = family[index]?.address;
      if (ip !== undefined) {
        order.push(ip);
      }
    }
  }
  return order;
}
