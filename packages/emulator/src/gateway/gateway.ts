import type { Logger } from "@loggregator/core";
import { Connections } from "../connections.js";
import { GatewayFaultSwitch, type GatewayFaults } from "../faults/gatewayFaults.js";
import type { EgressStreams } from "../grpc/egressStreams.js";
import { parseListenAddress } from "../listenAddress.js";
import { checkMilliseconds } from "../milliseconds.js";
import type { StatsBoard } from "../stats.js";
import type { CertificateAndKey } from "../tls/certificates.js";
import { createGatewayAccess, type GatewayTokens } from "./gatewayAccess.js";
import { createCors, type GatewayCors } from "./gatewayCors.js";
import { createGatewayHandler } from "./gatewayHandler.js";
import { GatewayStreams } from "./gatewayStream.js";
import { listenHttp } from "./httpListener.js";

export interface GatewayOptions {
  /** Of plain HTTP, which is HTTP/1.1: `host:port`. Default `127.0.0.1:0`. */
  readonly address?: string | undefined;
  /** Of HTTPS, which is HTTP/1.1 and HTTP/2: `host:port`. Default `127.0.0.1:0`. */
  readonly httpsAddress?: string | undefined;
  /**
   * The tokens that are good and what each may read; a function is asked at each request. Default:
   * any token is good and may read all.
   */
  readonly tokens?: GatewayTokens | undefined;
  /** How long a stream lasts before the gateway closes it, in ms. Default 840,000: 14 minutes. */
  readonly streamTimeoutMs?: number | undefined;
  /** After how long without data a heartbeat is sent, in ms. Default 15,000. */
  readonly heartbeatIntervalMs?: number | undefined;
  /** How many envelopes may wait for each stream. Default: the emulator's `bufferSize`. */
  readonly bufferSize?: number | undefined;
  /**
   * Which web pages of other origins may read: `true` all, or those of these origins, for example
   * `["http://localhost:5173"]`. Default `false`, as the real gateway.
   */
  readonly cors?: GatewayCors | undefined;
}

/** Where the RLP gateway is. */
export interface GatewayPlace {
  /** `host:port` of plain HTTP. */
  readonly address: string;
  /** For clients that need not trust a certificate: `http://host:port`. */
  readonly url: string;
  /** `host:port` of HTTPS. */
  readonly httpsAddress: string;
  /** For clients that trust `tls.gateway.ca`: `https://host:port`. */
  readonly httpsUrl: string;
}

export interface Gateway extends GatewayPlace {
  readonly faults: GatewayFaults;
  close(): Promise<void>;
}

export interface GatewayParts {
  readonly tls: CertificateAndKey;
  readonly streams: EgressStreams;
  readonly stats: StatsBoard;
}

/**
 * Checks the options, and returns what starts the gateway.
 *
 * @throws TypeError or RangeError where an option is not of its form
 */
export function prepareGateway(
  options: GatewayOptions,
  logger: Logger,
): (parts: GatewayParts) => Promise<Gateway> {
  const { streamTimeoutMs = 840_000, heartbeatIntervalMs = 15_000 } = options;
  const http = parseListenAddress("gateway.address", options.address ?? "127.0.0.1:0");
  const https = parseListenAddress("gateway.httpsAddress", options.httpsAddress ?? "127.0.0.1:0");
  checkMilliseconds("gateway.streamTimeoutMs", streamTimeoutMs, 1);
  checkMilliseconds("gateway.heartbeatIntervalMs", heartbeatIntervalMs, 1);
  const mayRead = createGatewayAccess(options.tokens, logger);
  const allowOrigin = createCors(options.cors ?? false);

  return async ({ tls, streams, stats }) => {
    const connections = new Connections();
    const faults = new GatewayFaultSwitch(connections);
    const handler = createGatewayHandler({
      mayRead,
      allowOrigin,
      faults,
      streams: new GatewayStreams({ streams, stats, faults, streamTimeoutMs, heartbeatIntervalMs }),
      logger,
    });
    const plain = await listenHttp(http, connections, handler);
    try {
      const secure = await listenHttp(https, connections, handler, tls);
      return {
        address: plain.address,
        url: plain.url,
        httpsAddress: secure.address,
        httpsUrl: secure.url,
        faults,
        async close() {
          await Promise.all([plain.close(), secure.close()]);
        },
      };
    } catch (error) {
      await plain.close();
      throw error;
    }
  };
}
