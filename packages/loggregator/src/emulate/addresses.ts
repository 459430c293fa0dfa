import { formatHostPort, isLoopbackHost, splitHostPort } from "@loggregator/core";
import type { AddressOptions } from "./emulateOptions.js";

/** The ports of the parts of a Loggregator. */
export const usualPorts = {
  ingress: 3458,
  egress: 8082,
  gateway: 8088,
  v1: 3457,
  logCache: 8083,
  api: 8090,
};

export const freePorts = { ingress: 0, egress: 0, gateway: 0, v1: 0, logCache: 0, api: 0 };

export type Ports = typeof usualPorts;

/** The addresses to listen on. */
export type Addresses = Required<Omit<AddressOptions, "bind" | "advertise" | "allowHost">>;

/** Returns the given addresses, or those of the host. */
export function addressesOf(ports: Ports, options: AddressOptions): Addresses {
  const { bind: host = "127.0.0.1" } = options;
  const at = (port: number) => formatHostPort({ host, port });
  return {
    ingress: options.ingress ?? at(ports.ingress),
    egress: options.egress ?? at(ports.egress),
    gateway: options.gateway ?? at(ports.gateway),
    gatewayHttps: options.gatewayHttps ?? at(0),
    v1: options.v1 ?? at(ports.v1),
    logCache: options.logCache ?? at(ports.logCache),
    logCacheGrpc: options.logCacheGrpc ?? at(0),
    logCacheGateway: options.logCacheGateway ?? at(0),
    otlp: options.otlp ?? at(0),
    otlpGrpc: options.otlpGrpc ?? at(0),
    api: options.api ?? at(ports.api),
  };
}

/** Returns the hosts of the addresses that other machines can connect to. */
export function openHosts(addresses: Addresses): string[] {
  const hosts = Object.values(addresses).flatMap((address) => {
    const host = splitHostPort(address ?? "", 0)?.host;
    return host === undefined || isLoopbackHost(host) ? [] : [host];
  });
  return [...new Set(hosts)];
}

/**
 * Returns the `host:port` or URL at which clients reach an address.
 *
 * @param host The name of this machine for clients. Default: the host that it listens on, or this
 * machine if it listens on all of them.
 */
export function reachable(address: string, host: string | undefined): string {
  const [, scheme = "", hostPort = ""] = /^(https?:\/\/)?(.*)$/.exec(address) ?? [];
  const parts = splitHostPort(hostPort, 0);
  if (parts === undefined) {
    return address;
  }
  const local = parts.host === "0.0.0.0" ? "127.0.0.1" : parts.host === "::" ? "::1" : parts.host;
  return `${scheme}${formatHostPort({ host: host ?? local, port: parts.port })}`;
}
