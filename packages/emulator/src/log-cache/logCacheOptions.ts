import {
  checkOptionNames,
  delayMs,
  formatValue,
  OptionTypeError,
  objectArgument,
  oneOf,
  positiveInteger,
  positiveMs,
} from "@loggregator/core";
import type { Realism } from "../emulator.js";
import type { AdmissionOptions } from "../gateway/access/admitRequest.js";
import { readWebAccess, type WebAccessOptions } from "../gateway/access/readWebAccess.js";
import { isStringArray } from "../isStringArray.js";
import { type ListenAddress, parseListenAddress } from "../network/listenAddress.js";

/** Options of log-cache. */
export interface LogCacheOptions extends WebAccessOptions {
  /**
   * `host:port` of gRPC, with mutual TLS: the services of `logcache.v1`.
   *
   * @default "127.0.0.1:0", a free port
   */
  readonly address?: string | undefined;
  /**
   * `host:port` of the auth proxy, plain HTTP/1.1. It accepts the tokens of the option
   * `gateway.tokens`.
   *
   * @default "127.0.0.1:0", a free port
   */
  readonly proxyAddress?: string | undefined;
  /**
   * `host:port` of the auth proxy, HTTPS: HTTP/1.1 and HTTP/2.
   *
   * @default "127.0.0.1:0", a free port
   */
  readonly httpsAddress?: string | undefined;
  /**
   * `host:port` of the gateway behind the auth proxy, plain HTTP/1.1. It needs no token.
   *
   * @default "127.0.0.1:0", a free port
   */
  readonly gatewayAddress?: string | undefined;
  /**
   * The number of envelopes kept for each source. The oldest ones expire. Lower it to test gaps
   * with few envelopes.
   *
   * @default 100_000
   */
  readonly maxPerSource?: number | undefined;
  /**
   * The approximate memory limit for all envelopes, in bytes. Beyond it, the oldest ones expire.
   * Raise it to keep more envelopes; lower it if memory is scarce.
   *
   * @default 67_108_864, 64 MiB
   */
  readonly maxBytes?: number | undefined;
  /**
   * The path of envelopes to log-cache. With `"direct"`, they arrive as they left the agent. With
   * `"syslog"`, they arrive as from the syslog agent of a VM: some are changed, some are lost, and
   * one that it cannot write delays all others. Envelopes that are sent to log-cache itself do not
   * take this path. Choose `"syslog"` to test how a program handles these changes.
   *
   * @default "direct"
   */
  readonly path?: "direct" | "syslog" | undefined;
  /**
   * The time for which an envelope that the syslog agent cannot write delays all others, in
   * milliseconds. Lower it to test this delay in a short time.
   *
   * @default 136_383, the sum of a syslog agent's pauses
   */
  readonly syslogRetryMs?: number | undefined;
  /**
   * The gateway's first delay between attempts to connect to log-cache, in milliseconds. Each
   * further delay is 1.6 times as long, up to 2 minutes, so after an outage the gateway answers 503
   * for some time longer. With 0, it connects as soon as log-cache is started. A real gateway
   * answered 0.6 s after one restart, and not within 3 s after another one. Set it to test clients
   * during this time.
   *
   * @default 0; with `realism: "strict"` 1_000, gRPC's default
   */
  readonly gatewayBackoffMs?: number | undefined;
  /**
   * The time after the restart of a node until `meta` includes its sources again, in milliseconds.
   * They can be read earlier. Set it to test callers of `meta` during this time.
   *
   * @default 0; with `realism: "strict"` 1_500, as observed
   */
  readonly metaDelayMs?: number | undefined;
  /**
   * The GUIDs of applications by their names, which the auth proxy looks up for `source_id` in
   * queries: `{ "my-app": ["1bd…"] }`.
   *
   * @default {}
   */
  readonly apps?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** The addresses of log-cache. */
export interface LogCachePlace {
  /** `host:port` of gRPC. */
  readonly address: string;
  /** `host:port` of the auth proxy's plain HTTP. */
  readonly proxyAddress: string;
  /** `http://host:port` of the auth proxy, for clients outside of the platform. */
  readonly url: string;
  /** `host:port` of the auth proxy's HTTPS. */
  readonly httpsAddress: string;
  /** `https://host:port` of the auth proxy, for clients that trust `tls.gateway.ca`. */
  readonly httpsUrl: string;
  /** `host:port` of the gateway. */
  readonly gatewayAddress: string;
  /** `http://host:port` of the gateway, which needs no token. */
  readonly gatewayUrl: string;
}

/** Options that have been checked. */
export interface LogCacheSettings extends AdmissionOptions {
  readonly grpc: ListenAddress;
  readonly proxyHttp: ListenAddress;
  readonly proxyHttps: ListenAddress;
  readonly gatewayHttp: ListenAddress;
  readonly maxPerSource: number;
  readonly maxBytes: number;
  readonly path: "direct" | "syslog";
  readonly syslogRetryMs: number;
  readonly gatewayBackoffMs: number;
  readonly metaDelayMs: number;
  readonly apps: ReadonlyMap<string, readonly string[]>;
}

/** @throws OptionTypeError, OptionRangeError for invalid options. */
export function readLogCacheOptions(options: LogCacheOptions, realism: Realism): LogCacheSettings {
  // Accepts the names of `LogCachePlace`, so that an emulator's addresses can be passed to the next
  // one.
  checkOptionNames<LogCacheOptions & LogCachePlace & { readonly crashes: unknown }>(
    "logCache",
    options,
    {
      address: true,
      proxyAddress: true,
      httpsAddress: true,
      gatewayAddress: true,
      maxPerSource: true,
      maxBytes: true,
      path: true,
      syslogRetryMs: true,
      gatewayBackoffMs: true,
      metaDelayMs: true,
      apps: true,
      cors: true,
      allowedHosts: true,
      url: true,
      httpsUrl: true,
      gatewayUrl: true,
      crashes: true,
    },
  );
  const { maxPerSource = 100_000, maxBytes = 64 * 1024 * 1024, path = "direct" } = options;
  const { syslogRetryMs = 136_383, apps = {} } = options;
  const isStrict = realism === "strict";
  const { gatewayBackoffMs = isStrict ? 1_000 : 0, metaDelayMs = isStrict ? 1_500 : 0 } = options;
  objectArgument("logCache.apps", apps);
  for (const [name, guids] of Object.entries(apps)) {
    if (!isStringArray(guids)) {
      const option = `logCache.apps[${JSON.stringify(name)}]`;
      throw new OptionTypeError(option, "an array of GUIDs", formatValue(guids));
    }
  }
  const proxyHttp = parseListenAddress("logCache.proxyAddress", options.proxyAddress);
  const proxyHttps = parseListenAddress("logCache.httpsAddress", options.httpsAddress);
  const gatewayHttp = parseListenAddress("logCache.gatewayAddress", options.gatewayAddress);
  return {
    grpc: parseListenAddress("logCache.address", options.address),
    proxyHttp,
    proxyHttps,
    gatewayHttp,
    maxPerSource: positiveInteger("logCache.maxPerSource", maxPerSource),
    maxBytes: positiveInteger("logCache.maxBytes", maxBytes),
    path: oneOf("logCache.path", path, ["direct", "syslog"]),
    syslogRetryMs: positiveMs("logCache.syslogRetryMs", syslogRetryMs),
    gatewayBackoffMs: delayMs("logCache.gatewayBackoffMs", gatewayBackoffMs),
    metaDelayMs: delayMs("logCache.metaDelayMs", metaDelayMs),
    apps: new Map(Object.entries(apps)),
    ...readWebAccess("logCache", options, [proxyHttp.host, proxyHttps.host, gatewayHttp.host]),
  };
}
