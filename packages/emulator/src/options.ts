import {
  checkOptionNames,
  type Logger,
  objectArgument,
  oneOf,
  optionalFunction,
  optionalSignal,
  positiveInteger,
  positiveMs,
  safeLogger,
  stringArgument,
} from "@loggregator/core";
import type { V1Tags } from "./agent/udpForwarder.js";
import type {
  EgressOptions,
  EmulatorOptions,
  IngressOptions,
  ListenOptions,
  Realism,
  V1Options,
} from "./emulator.js";
import { type GatewaySettings, readGatewayOptions } from "./gateway/gateway.js";
import type { PingPolicyOptions } from "./grpc/keepalive.js";
import { type LogCacheSettings, readLogCacheOptions } from "./log-cache/logCacheOptions.js";
import { type ListenAddress, parseListenAddress } from "./network/listenAddress.js";
import { type OtlpSettings, readOtlpOptions } from "./otlp/otlpOptions.js";
import { type RecordOptions, readRecordOptions } from "./recording/envelopeRecorder.js";
import { type RestApiSettings, readRestApiOptions } from "./rest/restApiOptions.js";
import { readScenarioOptions, type ScenarioOptions } from "./scenario/scenarioOptions.js";

/** The options of `startEmulator` that have been checked, with their defaults. */
export interface Settings {
  readonly realism: Realism;
  readonly logger: Logger;
  readonly ingress: {
    readonly address: ListenAddress;
    readonly pings: PingPolicyOptions;
    readonly tags: readonly (readonly [string, string])[];
  };
  readonly egress: {
    readonly address: ListenAddress;
    readonly pings: PingPolicyOptions;
    readonly bufferSize: number;
  };
  readonly router: { readonly address: ListenAddress; readonly pings: PingPolicyOptions };
  readonly gateway: GatewaySettings;
  readonly v1: { readonly address: ListenAddress; readonly tags: V1Tags };
  readonly logCache: LogCacheSettings;
  readonly otlp: OtlpSettings;
  readonly syslog: ListenAddress | undefined;
  readonly api: RestApiSettings | undefined;
  readonly record: RecordOptions | undefined;
  readonly scenario: ScenarioOptions | undefined;
}

/** Without open calls, the agent requires 2 hours between pings instead of 5 minutes. */
const agentIdleFactor = 24;

/** @throws OptionTypeError, OptionRangeError for invalid options. */
export function readOptions(options: EmulatorOptions): Settings {
  checkOptionNames<EmulatorOptions>("options", options, {
    ingress: true,
    egress: true,
    router: true,
    gateway: true,
    v1: true,
    logCache: true,
    otlp: true,
    drains: true,
    syslog: true,
    api: true,
    record: true,
    scenario: true,
    tls: true,
    realism: true,
    bufferSize: true,
    onEnvelope: true,
    signal: true,
    logger: true,
  });
  const logger = safeLogger(options.logger);
  optionalFunction("onEnvelope", options.onEnvelope);
  optionalSignal("signal", options.signal);
  const realism = oneOf("realism", options.realism ?? "kind", ["kind", "strict"]);
  const defaultBufferSize = realism === "kind" ? 250_000 : 10_000;
  const bufferSize = positiveInteger("bufferSize", options.bufferSize ?? defaultBufferSize);
  return {
    realism,
    logger,
    ingress: readIngressOptions(options.ingress ?? {}),
    egress: readEgressOptions(options.egress ?? {}, bufferSize),
    router: readRouterOptions(options.router ?? {}),
    gateway: readGatewayOptions(options.gateway ?? {}, bufferSize, realism, logger),
    v1: readV1Options(options.v1 ?? {}),
    logCache: readLogCacheOptions(options.logCache ?? {}, realism),
    otlp: readOtlpOptions(options.otlp ?? {}),
    syslog: readSyslogOptions(options.syslog),
    api: readRestApiOptions(options.api),
    record: readRecordOptions(options.record),
    scenario: options.scenario && readScenarioOptions(options.scenario, "scenario"),
  };
}

function readIngressOptions(ingress: IngressOptions): Settings["ingress"] {
  checkOptionNames<IngressOptions>("ingress", ingress, {
    address: true,
    tags: true,
    minPingIntervalMs: true,
  });
  const { tags = {} } = ingress;
  objectArgument("ingress.tags", tags);
  return {
    address: parseListenAddress("ingress.address", ingress.address),
    pings: pingPolicy("ingress", ingress.minPingIntervalMs ?? 300_000, agentIdleFactor),
    tags: Object.entries(tags).map(([name, value]) => [
      name,
      stringArgument(`ingress.tags.${name}`, value),
    ]),
  };
}

function readEgressOptions(egress: EgressOptions, bufferSize: number): Settings["egress"] {
  checkOptionNames<EgressOptions>("egress", egress, {
    address: true,
    bufferSize: true,
    minPingIntervalMs: true,
  });
  return {
    address: parseListenAddress("egress.address", egress.address),
    pings: pingPolicy("egress", egress.minPingIntervalMs ?? 10_000, 1),
    bufferSize: positiveInteger("egress.bufferSize", egress.bufferSize ?? bufferSize),
  };
}

function readRouterOptions(router: ListenOptions): Settings["router"] {
  checkOptionNames<ListenOptions>("router", router, { address: true });
  return {
    address: parseListenAddress("router.address", router.address),
    pings: pingPolicy("router", 10_000, 1),
  };
}

function readSyslogOptions(syslog: ListenOptions | undefined): Settings["syslog"] {
  if (syslog === undefined) {
    return undefined;
  }
  checkOptionNames<ListenOptions>("syslog", syslog, { address: true });
  return parseListenAddress("syslog.address", syslog.address);
}

function readV1Options(v1: V1Options): Settings["v1"] {
  checkOptionNames<V1Options>("v1", v1, {
    address: true,
    deployment: true,
    job: true,
    index: true,
    ip: true,
  });
  const { address, ...tags } = v1;
  for (const [name, value] of Object.entries(tags)) {
    if (value !== undefined) {
      stringArgument(`v1.${name}`, value);
    }
  }
  return { address: parseListenAddress("v1.address", address), tags };
}

function pingPolicy(name: string, intervalMs: number, idleFactor: number): PingPolicyOptions {
  const minIntervalMs = positiveMs(`${name}.minPingIntervalMs`, intervalMs);
  return { minIntervalMs, minIdleIntervalMs: idleFactor * minIntervalMs };
}
