import { checkOptionNames, type Logger, positiveInteger, positiveMs } from "@loggregator/core";
import type { Realism } from "../emulator.js";
import type { ComponentFault } from "../faults/componentFault.js";
import { GatewayFaultSwitch, type GatewayFaults } from "../faults/gatewayFaults.js";
import { Connections } from "../network/connections.js";
import { type ListenAddress, parseListenAddress } from "../network/listenAddress.js";
import type { StatsBoard } from "../observation/statsBoard.js";
import type { Rlp } from "../rlp/rlp.js";
import type { CertificateAndKey } from "../tls/certificateAuthority.js";
import type { AdmissionOptions } from "./access/admitRequest.js";
import { GatewayAccess, type GatewayTokens } from "./access/gatewayAccess.js";
import { readWebAccess, type WebAccessOptions } from "./access/readWebAccess.js";
import { createGatewayHandler } from "./createGatewayHandler.js";
import { methodNotAllowed } from "./gatewayRefusal.js";
import { readRequest } from "./gatewayRequest.js";
import { GatewayStreams } from "./gatewayStreams.js";
import { listenHttp } from "./httpListener.js";

/** Options of the RLP gateway. */
export interface GatewayOptions extends WebAccessOptions {
  /**
   * `host:port` of plain HTTP/1.1.
   *
   * @default "127.0.0.1:0", a free port
   */
  readonly address?: string | undefined;
  /**
   * `host:port` of HTTPS: HTTP/1.1 and HTTP/2.
   *
   * @default "127.0.0.1:0", a free port
   */
  readonly httpsAddress?: string | undefined;
  /**
   * The valid tokens and their rights. A function is called for each request; if it fails, the
   * token is not valid.
   *
   * @default any token is valid and may read all
   */
  readonly tokens?: GatewayTokens | undefined;
  /**
   * The time after which the gateway closes a stream, in milliseconds. Lower it to test the end of
   * a stream in a short time.
   *
   * @default 840_000, 14 minutes
   */
  readonly streamTimeoutMs?: number | undefined;
  /**
   * The time without data after which a heartbeat is sent, in milliseconds. Raise it above a
   * client's timeout to test silent streams.
   *
   * @default 15_000
   */
  readonly heartbeatIntervalMs?: number | undefined;
  /**
   * The number of envelopes that are buffered for each stream. Lower it to test a slow reader with
   * few envelopes.
   *
   * @default the emulator's `bufferSize`
   */
  readonly bufferSize?: number | undefined;
}

/** The addresses of the RLP gateway. */
export interface GatewayPlace {
  /** `host:port` of plain HTTP. */
  readonly address: string;
  /** `http://host:port`, for clients without TLS. */
  readonly url: string;
  /** `host:port` of HTTPS. */
  readonly httpsAddress: string;
  /** `https://host:port`, for clients that trust `tls.gateway.ca`. */
  readonly httpsUrl: string;
}

export interface Gateway extends GatewayPlace {
  readonly faults: GatewayFaults;
  readonly uaa: ComponentFault;
  readonly cloudController: ComponentFault;
  close(): Promise<void>;
}

/** Options that have been checked. */
export interface GatewaySettings extends AdmissionOptions {
  readonly http: ListenAddress;
  readonly https: ListenAddress;
  readonly access: GatewayAccess;
  readonly streamTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly bufferSize: number;
}

/** @throws OptionTypeError, OptionRangeError for invalid options. */
export function readGatewayOptions(
  options: GatewayOptions,
  bufferSize: number,
  realism: Realism,
  logger: Logger,
): GatewaySettings {
  // Accepts the names of `GatewayPlace`, so that an emulator's addresses can be passed to the next
  // one.
  checkOptionNames<GatewayOptions & GatewayPlace>("gateway", options, {
    address: true,
    httpsAddress: true,
    tokens: true,
    streamTimeoutMs: true,
    heartbeatIntervalMs: true,
    bufferSize: true,
    cors: true,
    allowedHosts: true,
    url: true,
    httpsUrl: true,
  });
  const { streamTimeoutMs = 840_000, heartbeatIntervalMs = 15_000 } = options;
  const http = parseListenAddress("gateway.address", options.address);
  const https = parseListenAddress("gateway.httpsAddress", options.httpsAddress);
  return {
    http,
    https,
    access: new GatewayAccess(options.tokens, realism, logger),
    ...readWebAccess("gateway", options, [http.host, https.host]),
    streamTimeoutMs: positiveMs("gateway.streamTimeoutMs", streamTimeoutMs),
    heartbeatIntervalMs: positiveMs("gateway.heartbeatIntervalMs", heartbeatIntervalMs),
    bufferSize: positiveInteger("gateway.bufferSize", options.bufferSize ?? bufferSize),
  };
}

export interface GatewayParts {
  readonly tls: CertificateAndKey;
  readonly rlp: Rlp;
  readonly stats: StatsBoard;
  readonly realism: Realism;
  readonly logger: Logger;
}

/**
 * Starts the RLP gateway.
 *
 * @throws EmulatorStartError if it cannot listen at one of the addresses.
 */
export async function startGateway(
  settings: GatewaySettings,
  { tls, rlp, stats, realism, logger }: GatewayParts,
): Promise<Gateway> {
  const { access } = settings;
  const connections = new Connections();
  const faults = new GatewayFaultSwitch(connections);
  const streams = new GatewayStreams({ ...settings, rlp, stats, faults, realism });
  const shared = {
    connections,
    handler: createGatewayHandler({ ...settings, faults, streams, logger }),
    answerRaw: async (request: Parameters<typeof readRequest>[0]) => {
      const answer = faults.refusal ?? (await readRequest(request, access));
      return "status" in answer ? answer : methodNotAllowed;
    },
  };
  const plain = await listenHttp({ ...shared, address: settings.http });
  try {
    const secure = await listenHttp({ ...shared, address: settings.https, tls });
    return {
      address: plain.address,
      url: plain.url,
      httpsAddress: secure.address,
      httpsUrl: secure.url,
      faults,
      uaa: access.uaa,
      cloudController: access.cloudController,
      async close() {
        await Promise.all([plain.close(), secure.close()]);
      },
    };
  } catch (error) {
    await plain.close();
    throw error;
  }
}
