import { silentLogger } from "@loggregator/core";
import {
  type Emulator,
  EmulatorStartError,
  startEmulator,
  type TokenRights,
} from "@loggregator/emulator";
import { withFlags } from "../explain.js";
import { DroppedNotice } from "../read/sources/droppedNotice.js";
import type { Session } from "../session.js";
import { type Paint, paintFor } from "../terminal/paint.js";
import { counted, grouped } from "../text/formatNumbers.js";
import { EnvelopeHub } from "../ui/envelopeHub.js";
import { startUiServer, type UiServer } from "../ui/uiServer.js";
import { EnvironmentFile } from "./environmentFile.js";

/** The options of `loggregator emulate`. */
export interface EmulateOptions {
  readonly env?: string | undefined;
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
  /** Whether envelopes are sent to log-cache by syslog. */
  readonly syslog?: true | undefined;
  readonly token?: Readonly<Record<string, TokenRights>> | undefined;
  readonly cors?: true | undefined;
  /** In seconds, as `heartbeat`. */
  readonly streamTimeout: number;
  readonly heartbeat: number;
  readonly bufferSize: number;
  /** Whether the page is served, on the usual port or a free one. */
  readonly ui?: true | undefined;
  /** The port of the page. If it is set, the page is served. */
  readonly uiPort?: number | undefined;
  readonly json?: true | undefined;
}

/** The flags by the names of the emulator's options. */
const flags = {
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
  bufferSize: "--buffer-size",
};

/** The ports of the parts of a Loggregator. */
const usualPorts = { ingress: 3458, egress: 8082, gateway: 8088, v1: 3457, logCache: 8083 };
const freePorts = { ingress: 0, egress: 0, gateway: 0, v1: 0, logCache: 0 };
const dropCheckMs = 500;

/** Runs an emulator until the session ends. Prints its addresses, its readers and the result. */
export async function emulate(options: EmulateOptions, session: Session): Promise<void> {
  const { stdout, signal } = session;
  const paint = paintFor(process.stdout);
  const environment = await EnvironmentFile.prepare(options.env);
  try {
    const hasPage = options.ui === true || options.uiPort !== undefined;
    const hub = hasPage ? new EnvelopeHub() : undefined;
    await using emulator = await start(options, hub);
    await using page = hub && (await startPage(hub, options.uiPort));
    const started = performance.now();
    const variables = {
      LOGGREGATOR_INGRESS_ADDRESS: emulator.ingress.address,
      LOGGREGATOR_EGRESS_ADDRESS: emulator.egress.address,
      LOGGREGATOR_GATEWAY_URL: emulator.gateway.url,
      LOGGREGATOR_V1_ADDRESS: emulator.v1.address,
      LOGGREGATOR_LOG_CACHE_URL: emulator.logCache.url,
      LOGGREGATOR_LOG_CACHE_GATEWAY_URL: emulator.logCache.gatewayUrl,
      LOGGREGATOR_LOG_CACHE_ADDRESS: emulator.logCache.address,
      OTEL_EXPORTER_OTLP_ENDPOINT: emulator.otlp.url,
    };
    // The gateway requires a token, although any is valid.
    const [token = "local"] = Object.keys(options.token ?? {});
    await environment.write({ ...variables, CF_TOKEN: token }, emulator.tls.ingress);
    await stdout.write(
      options.json
        ? jsonLine("started", {
            environmentFile: environment.path,
            ...variables,
            ...(page && { page: page.url }),
          })
        : greeting(emulator, page, environment.path, paint),
    );
    const stopReporting = reportDropped(emulator, session);
    try {
      await reportReaders(emulator, signal, (readers) =>
        stdout.write(
          options.json
            ? jsonLine("readers", { readers })
            : `${paint("gray", new Date().toTimeString().slice(0, 8))}  ${counted(readers, "reader")}\n`,
        ),
      );
    } finally {
      stopReporting();
    }
    const { received, delivered, dropped } = emulator.stats;
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
    await stdout.write(
      options.json
        ? jsonLine("ended", { seconds, received, delivered, dropped })
        : `\nEnded after ${seconds} s: ${counted(received, "envelope")} received, ${grouped(delivered)} delivered, ${grouped(dropped)} dropped\n`,
    );
  } finally {
    await environment.remove();
  }
}

/** Starts on the usual ports, or on free ones if one of them is in use and was not requested. */
async function start(options: EmulateOptions, hub: EnvelopeHub | undefined): Promise<Emulator> {
  try {
    return await startOn(usualPorts, options, hub);
  } catch (error) {
    if (!(error instanceof EmulatorStartError)) {
      throw error;
    }
    return await startOn(freePorts, options, hub);
  }
}

function startOn(
  ports: typeof usualPorts,
  options: EmulateOptions,
  hub: EnvelopeHub | undefined,
): Promise<Emulator> {
  const here = (port: number) => `127.0.0.1:${port}`;
  return withFlags(flags, () =>
    startEmulator({
      ingress: { address: options.ingress ?? here(ports.ingress) },
      egress: { address: options.egress ?? here(ports.egress) },
      gateway: {
        address: options.gateway ?? here(ports.gateway),
        httpsAddress: options.gatewayHttps,
        tokens: options.token,
        cors: options.cors,
        streamTimeoutMs: options.streamTimeout * 1000,
        heartbeatIntervalMs: options.heartbeat * 1000,
      },
      v1: { address: options.v1 ?? here(ports.v1) },
      logCache: {
        proxyAddress: options.logCache ?? here(ports.logCache),
        address: options.logCacheGrpc,
        gatewayAddress: options.logCacheGateway,
        path: options.syslog ? "syslog" : "direct",
        cors: options.cors,
      },
      otlp: { httpAddress: options.otlp, address: options.otlpGrpc, cors: options.cors },
      bufferSize: options.bufferSize,
      onEnvelope: hub?.add,
      // Losses are reported by the command itself.
      logger: silentLogger,
    }),
  );
}

/** Serves the page. It needs no key: any token is valid at the gateway, unless some are given. */
function startPage(hub: EnvelopeHub, port: number | undefined): Promise<UiServer> {
  return startUiServer({ hub, source: "emulator", port });
}

/** Reports the number of readers each time it changes, until the signal aborts. */
async function reportReaders(
  emulator: Emulator,
  signal: AbortSignal,
  report: (readers: number) => Promise<void>,
): Promise<void> {
  let known = 0;
  while (!signal.aborted) {
    try {
      await emulator.until(({ egressStreams }) => egressStreams !== known, { signal });
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      throw error;
    }
    known = emulator.stats.egressStreams;
    await report(known);
  }
}

/** Reports envelopes that slow readers lose, until the returned function is called. */
function reportDropped(emulator: Emulator, { say }: Session): () => void {
  const notice = new DroppedNotice(
    say,
    "a reader is slower than they arrive; --buffer-size keeps more for it",
  );
  const check = () => {
    notice.total = emulator.stats.dropped;
  };
  const timer = setInterval(check, dropCheckMs).unref();
  return () => {
    clearInterval(timer);
    check();
    notice[Symbol.dispose]();
  };
}

function greeting(
  emulator: Emulator,
  page: UiServer | undefined,
  environmentFile: string,
  paint: Paint,
): string {
  const { ingress, egress, gateway, v1, logCache, otlp } = emulator;
  const place = (name: string, address: string, how?: string) =>
    `  ${name.padEnd(11)}${how === undefined ? address : `${address.padEnd(24)}${paint("gray", how)}`}\n`;
  return `${paint("bold", "A local Loggregator; Ctrl-C ends it")}

${place("ingress", ingress.address, "gRPC, mutual TLS: senders")}${place("v1", v1.address, "UDP, dropsonde: senders")}${place("egress", egress.address, "gRPC, mutual TLS: readers")}${place("gateway", gateway.url, "HTTP, with a token: readers")}${place("", gateway.httpsUrl)}${place("log-cache", logCache.url, "HTTP, with a token: readers of the past")}${place("", logCache.address, "gRPC, mutual TLS")}${place("otlp", otlp.url, "HTTP and gRPC: OpenTelemetry exporters")}${place("", otlp.address, "gRPC, mutual TLS")}${page === undefined ? "" : place("page", page.url, "for browsers")}
In other terminals:
  set -a; . ${shellPath(environmentFile)}; set +a
  loggregator tail
  loggregator emit log --source-id my-app "hello"

`;
}

function shellPath(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path}'`;
}

function jsonLine(event: string, details: object): string {
  return `${JSON.stringify({ event, ...details })}\n`;
}
