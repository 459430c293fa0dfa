import type { Envelope } from "@loggregator/api";
import { silentLogger } from "@loggregator/core";
import {
  type Emulator,
  EmulatorStartError,
  type EmulatorTlsOptions,
  startEmulator,
} from "@loggregator/emulator";
import { withFlags } from "../explain.js";
import { addressesOf, freePorts, type Ports, usualPorts } from "./addresses.js";
import type { EmulateOptions } from "./emulateOptions.js";

/** The flags by the names of the emulator's options. */
const flags: Readonly<Record<string, string>> = {
  "ingress.address": "--ingress",
  "egress.address": "--egress",
  "gateway.address": "--gateway",
  "gateway.httpsAddress": "--gateway-https",
  "gateway.tokens": "--token",
  "gateway.streamTimeoutMs": "--stream-timeout",
  "gateway.heartbeatIntervalMs": "--heartbeat",
  "v1.address": "--v1",
  "logCache.proxyAddress": "--log-cache",
  "logCache.address": "--log-cache-grpc",
  "logCache.gatewayAddress": "--log-cache-gateway",
  "otlp.httpAddress": "--otlp",
  "otlp.address": "--otlp-grpc",
  "api.address": "--api",
  "record.path": "--record",
  "scenario.rate": "--rate",
  "scenario.seed": "--seed",
  "scenario.apps": "--apps",
  "tls.metron": "--cert and --key",
  "tls.client": "--client-cert and --client-key",
  bufferSize: "--buffer-size",
};

/**
 * Starts on the usual ports, or on free ones if one of them is in use and was not requested.
 *
 * @param onEnvelope Called with each envelope that leaves the agent.
 */
export async function startServers(
  options: EmulateOptions,
  tls: EmulatorTlsOptions | undefined,
  onEnvelope: ((envelope: Envelope) => void) | undefined,
): Promise<Emulator> {
  try {
    return await startOn(usualPorts, options, tls, onEnvelope);
  } catch (error) {
    if (!(error instanceof EmulatorStartError)) {
      throw error;
    }
    return await startOn(freePorts, options, tls, onEnvelope).catch((failure: unknown) => {
      throw failure instanceof EmulatorStartError ? withFlag(failure, options) : failure;
    });
  }
}

/** Names the flag of the address instead of the emulator's option. */
function withFlag(error: EmulatorStartError, options: EmulateOptions): EmulatorStartError {
  const { message, option, address, cause } = error;
  const own = flags[option] ?? option;
  const given = own.slice(2).replace(/-./g, (dash) => dash.charAt(1).toUpperCase());
  const isOwn = options.bind === undefined || options[given as keyof EmulateOptions] !== undefined;
  const text = message.replace(`(${option})`, `(${isOwn ? own : "--bind"})`);
  return new EmulatorStartError(text, option, address, cause);
}

function startOn(
  ports: Ports,
  options: EmulateOptions,
  tls: EmulatorTlsOptions | undefined,
  onEnvelope: ((envelope: Envelope) => void) | undefined,
): Promise<Emulator> {
  const addresses = addressesOf(ports, options);
  const { allowHost: allowedHosts, cors, scenario, rate, seed, apps } = options;
  return withFlags(flags, () =>
    startEmulator({
      ingress: { address: addresses.ingress },
      egress: { address: addresses.egress },
      gateway: {
        address: addresses.gateway,
        httpsAddress: addresses.gatewayHttps,
        tokens: options.token,
        cors,
        allowedHosts,
        streamTimeoutMs: options.streamTimeout * 1000,
        heartbeatIntervalMs: options.heartbeat * 1000,
      },
      v1: { address: addresses.v1 },
      logCache: {
        proxyAddress: addresses.logCache,
        address: addresses.logCacheGrpc,
        gatewayAddress: addresses.logCacheGateway,
        path: options.syslog ? "syslog" : "direct",
        cors,
        allowedHosts,
      },
      otlp: { httpAddress: addresses.otlp, address: addresses.otlpGrpc, cors, allowedHosts },
      api: { address: addresses.api, allowedHosts },
      record: options.record === undefined ? undefined : { path: options.record },
      scenario: scenario && { rate, seed, apps },
      tls,
      onEnvelope,
      bufferSize: options.bufferSize,
      // Losses are reported by the command itself.
      logger: silentLogger,
    }),
  );
}
