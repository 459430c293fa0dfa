import type { ReplayTimestamps, TokenRights } from "@loggregator/emulator";
import { UsageError } from "../errors.js";

/** The options of `loggregator emulate`. */
export interface EmulateOptions extends AddressOptions, TrafficOptions {
  readonly env?: string | undefined;
  /** Whether envelopes are sent to log-cache by syslog. */
  readonly syslog?: true | undefined;
  readonly token?: Readonly<Record<string, TokenRights>> | undefined;
  readonly cors?: true | undefined;
  /** In seconds, as `heartbeat`. */
  readonly streamTimeout: number;
  readonly heartbeat: number;
  readonly bufferSize: number;
  /** Paths of PEM files. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  /** Whether the page is served, on the usual port or a free one. */
  readonly ui?: true | undefined;
  /** The port of the page. If it is set, the page is served. */
  readonly uiPort?: number | undefined;
  readonly json?: true | undefined;
}

/** The options for the addresses. */
export interface AddressOptions {
  readonly bind?: string | undefined;
  readonly advertise?: string | undefined;
  readonly allowHost?: readonly string[] | undefined;
  readonly ingress?: string | undefined;
  readonly egress?: string | undefined;
  readonly gateway?: string | undefined;
  readonly gatewayHttps?: string | undefined;
  readonly v1?: string | undefined;
  readonly logCache?: string | undefined;
  readonly logCacheGrpc?: string | undefined;
  readonly logCacheGateway?: string | undefined;
  readonly otlp?: string | undefined;
  readonly otlpGrpc?: string | undefined;
  readonly api?: string | undefined;
}

/** The options for the envelopes that it records and emits itself. */
export interface TrafficOptions {
  readonly record?: string | undefined;
  readonly replay?: string | undefined;
  readonly speed?: number | undefined;
  readonly timestamps?: ReplayTimestamps | undefined;
  readonly scenario?: true | undefined;
  readonly rate?: number | undefined;
  readonly seed?: number | undefined;
  readonly apps?: number | undefined;
}

/** @throws UsageError for options that have no effect without others. */
export function checkCombinations(options: EmulateOptions): void {
  const { ca, cert, key, clientCert, clientKey } = options;
  needs(options, "replay", "--replay", {
    "--speed": options.speed,
    "--timestamps": options.timestamps,
  });
  needs(options, "scenario", "--scenario", {
    "--rate": options.rate,
    "--seed": options.seed,
    "--apps": options.apps,
  });
  needs(options, "cert", "--cert", { "--client-cert": clientCert, "--client-key": clientKey });
  together({ "--ca": ca, "--cert": cert, "--key": key });
  together({ "--client-cert": clientCert, "--client-key": clientKey });
}

function needs(
  options: EmulateOptions,
  needed: keyof EmulateOptions,
  flag: string,
  dependent: Readonly<Record<string, unknown>>,
): void {
  const given = Object.entries(dependent).find(([, value]) => value !== undefined);
  if (given !== undefined && options[needed] === undefined) {
    throw new UsageError(`${given[0]} has no effect without ${flag}; pass ${flag}, or remove it`);
  }
}

function together(paths: Readonly<Record<string, string | undefined>>): void {
  const given = Object.keys(paths).filter((flag) => paths[flag] !== undefined);
  const missing = Object.keys(paths).filter((flag) => paths[flag] === undefined);
  if (given.length > 0 && missing.length > 0) {
    throw new UsageError(
      `${given.join(" and ")} ${given.length === 1 ? "needs" : "need"} ${missing.join(" and ")}; pass all of them or none`,
    );
  }
}
