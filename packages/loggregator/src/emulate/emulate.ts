import { randomUUID } from "node:crypto";
import {
  type Emulator,
  EmulatorStartError,
  startEmulator,
  type TokenRights,
} from "@loggregator/emulator";
import type { Session } from "../session.js";
import { counted, grouped } from "../terminal/numbers.js";
import { type Paint, paintFor } from "../terminal/paint.js";
import { startUiServer, type UiServer } from "../uiServer.js";
import { EnvironmentFile } from "./environmentFile.js";

/** What `loggregator emulate` is told. */
export interface EmulateOptions {
  readonly env?: string | undefined;
  readonly ingress?: string | undefined;
  readonly egress?: string | undefined;
  readonly gateway?: string | undefined;
  readonly gatewayHttps?: string | undefined;
  readonly v1?: string | undefined;
  readonly token?: Readonly<Record<string, TokenRights>> | undefined;
  readonly cors?: true | undefined;
  /** In seconds, as the next. */
  readonly streamTimeout: number;
  readonly heartbeat: number;
  readonly bufferSize: number;
  /** Whether the page is served as well. */
  readonly ui?: true | undefined;
  /** Where; given, it is served. */
  readonly uiPort?: number | undefined;
  readonly json?: true | undefined;
}

/** Where the parts of a Loggregator listen by default. */
const usualPorts = { ingress: 3458, egress: 8082, gateway: 8088, v1: 3457 };
const freePorts = { ingress: 0, egress: 0, gateway: 0, v1: 0 };
/** Next to the gateway's. */
const usualUiPort = 8089;
/** The page's own, as those that are given may be for some sources only. */
const uiToken = randomUUID();

/** Runs an emulator until the session ends, and tells where it is and what became of it. */
export async function emulate(options: EmulateOptions, session: Session): Promise<void> {
  const { stdout, signal } = session;
  const paint = paintFor(process.stdout);
  const environment = await EnvironmentFile.prepare(options.env);
  try {
    await using emulator = await start(options);
    await using page = await startPage(options, emulator);
    const started = performance.now();
    const variables = {
      LOGGREGATOR_INGRESS_ADDRESS: emulator.ingress.address,
      LOGGREGATOR_EGRESS_ADDRESS: emulator.egress.address,
      LOGGREGATOR_GATEWAY_URL: emulator.gateway.url,
      LOGGREGATOR_V1_ADDRESS: emulator.v1.address,
    };
    // The gateway wants one, whichever; what reads the file reads without further ado.
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
    await tellOfReaders(emulator, signal, (readers) =>
      stdout.write(
        options.json
          ? jsonLine("readers", { readers })
          : `${paint("gray", new Date().toTimeString().slice(0, 8))}  ${counted(readers, "reader")}\n`,
      ),
    );
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

/** On the usual ports, or, where one that nobody asked for is taken, on free ones. */
async function start(options: EmulateOptions): Promise<Emulator> {
  try {
    return await startOn(usualPorts, options);
  } catch (error) {
    if (!(error instanceof EmulatorStartError)) throw error;
    return await startOn(freePorts, options);
  }
}

function startOn(ports: typeof usualPorts, options: EmulateOptions): Promise<Emulator> {
  const here = (port: number) => `127.0.0.1:${port}`;
  return startEmulator({
    ingress: { address: options.ingress ?? here(ports.ingress) },
    egress: { address: options.egress ?? here(ports.egress) },
    gateway: {
      address: options.gateway ?? here(ports.gateway),
      httpsAddress: options.gatewayHttps,
      tokens: options.token && { ...options.token, [uiToken]: "all" },
      cors: options.cors,
      streamTimeoutMs: options.streamTimeout * 1000,
      heartbeatIntervalMs: options.heartbeat * 1000,
    },
    v1: { address: options.v1 ?? here(ports.v1) },
    bufferSize: options.bufferSize,
  });
}

/** On the port that was asked for, or else on the usual one, or, where that is taken, on a free one. */
async function startPage(
  { ui, uiPort }: EmulateOptions,
  { gateway }: Emulator,
): Promise<UiServer | undefined> {
  const start = (port: number) => startUiServer({ gatewayUrl: gateway.url, token: uiToken, port });
  if (uiPort !== undefined) return await start(uiPort);
  return ui && (await start(usualUiPort).catch(() => start(0)));
}

/** Tells how many read, each time that changes, until the signal aborts. */
async function tellOfReaders(
  emulator: Emulator,
  signal: AbortSignal,
  tell: (readers: number) => Promise<void>,
): Promise<void> {
  let known = 0;
  while (!signal.aborted) {
    try {
      await emulator.until(({ egressStreams }) => egressStreams !== known, { signal });
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    known = emulator.stats.egressStreams;
    await tell(known);
  }
}

function greeting(
  emulator: Emulator,
  page: UiServer | undefined,
  environmentFile: string,
  paint: Paint,
): string {
  const { ingress, egress, gateway, v1 } = emulator;
  const place = (name: string, address: string, how?: string) =>
    `  ${name.padEnd(9)}${how === undefined ? address : `${address.padEnd(24)}${paint("gray", how)}`}\n`;
  return `${paint("bold", "A local Loggregator; Ctrl-C ends it")}

${place("ingress", ingress.address, "gRPC, mutual TLS: senders")}${place("v1", v1.address, "UDP: senders of dropsonde")}${place("egress", egress.address, "gRPC, mutual TLS: readers")}${place("gateway", gateway.url, "readers with a token")}${place("", gateway.httpsUrl)}${page === undefined ? "" : place("page", page.url, "for a browser")}
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
