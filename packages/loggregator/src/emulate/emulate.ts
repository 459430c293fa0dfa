import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import type { Emulator } from "@loggregator/emulator";
import { UsageError } from "../errors.js";
import { withFlags } from "../explain.js";
import { DroppedNotice } from "../read/sources/droppedNotice.js";
import type { Session } from "../session.js";
import { type Paint, paintFor } from "../terminal/paint.js";
import { counted, grouped } from "../text/formatNumbers.js";
import { EnvelopeHub } from "../ui/envelopeHub.js";
import { startUiServer, type UiServer } from "../ui/uiServer.js";
import { addressesOf, openHosts, reachable, usualPorts } from "./addresses.js";
import { checkCombinations, type EmulateOptions } from "./emulateOptions.js";
import { EnvironmentFile } from "./environmentFile.js";
import { loadCommand } from "./loadCommand.js";
import { ownCommand } from "./ownCommand.js";
import { readOwnCertificates } from "./readOwnCertificates.js";
import { startServers } from "./startServers.js";

const dropCheckMs = 500;

/** Runs an emulator until the session ends. Prints its addresses, its readers and the result. */
export async function emulate(options: EmulateOptions, session: Session): Promise<void> {
  const { stdout } = session;
  checkCombinations(options);
  await checkReadable(options.replay);
  const paint = paintFor(process.stdout);
  const environment = await EnvironmentFile.prepare(options.env);
  try {
    const tls = await readOwnCertificates(options, session.say);
    const hasPage = options.ui === true || options.uiPort !== undefined;
    const hub = hasPage ? new EnvelopeHub() : undefined;
    await using emulator = await startServers(options, tls, hub?.add);
    await using page =
      hub && (await startUiServer({ hub, source: "emulator", port: options.uiPort }));
    const started = performance.now();
    const variables = variablesOf(emulator, options.advertise);
    // The gateway requires a token, although any is valid.
    const [token = "local"] = Object.keys(options.token ?? {});
    await environment.write({ ...variables, CF_TOKEN: token }, emulator.tls.ingress);
    warnOfOpenHosts(options, session);
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
      await Promise.all([
        replay(emulator, options, session),
        reportReaders(emulator, session.signal, (readers) =>
          stdout.write(
            options.json
              ? jsonLine("readers", { readers })
              : `${paint("gray", new Date().toTimeString().slice(0, 8))}  ${counted(readers, "reader")}\n`,
          ),
        ),
      ]);
    } finally {
      stopReporting();
    }
    const { received, delivered, dropped } = emulator.stats;
    const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
    const recorded = emulator.recording?.envelopes;
    const recording = recorded === undefined ? "" : `, ${grouped(recorded)} recorded`;
    await stdout.write(
      options.json
        ? jsonLine("ended", { seconds, received, delivered, dropped, recorded })
        : `\nEnded after ${seconds} s: ${counted(received, "envelope")} received, ${grouped(delivered)} delivered, ${grouped(dropped)} dropped${recording}\n`,
    );
  } finally {
    await environment.remove();
  }
}

function variablesOf(emulator: Emulator, host: string | undefined): Record<string, string> {
  const { ingress, egress, gateway, v1, logCache, otlp, api } = emulator;
  const addresses = {
    LOGGREGATOR_INGRESS_ADDRESS: ingress.address,
    LOGGREGATOR_EGRESS_ADDRESS: egress.address,
    LOGGREGATOR_GATEWAY_URL: gateway.url,
    LOGGREGATOR_V1_ADDRESS: v1.address,
    LOGGREGATOR_LOG_CACHE_URL: logCache.url,
    LOGGREGATOR_LOG_CACHE_GATEWAY_URL: logCache.gatewayUrl,
    LOGGREGATOR_LOG_CACHE_ADDRESS: logCache.address,
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
    LOGGREGATOR_EMULATOR_URL: api?.url ?? "",
  };
  return Object.fromEntries(
    Object.entries(addresses).map(([name, address]) => [name, reachable(address, host)]),
  );
}

/** Warns if other machines can connect. By default, only this machine can. */
function warnOfOpenHosts(options: EmulateOptions, { say }: Session): void {
  const hosts = openHosts(addressesOf(usualPorts, options));
  if (hosts.length > 0) {
    say(
      `listening on ${hosts.join(", ")}: other machines can connect, and can read and emit envelopes without a secret; without --bind, only this machine can`,
    );
  }
}

/**
 * Checks a recording before anything listens. It is not opened, because it may be a pipe.
 *
 * @throws UsageError if the file cannot be read.
 */
async function checkReadable(replay: string | undefined): Promise<void> {
  if (replay === undefined) {
    return;
  }
  try {
    await access(replay, constants.R_OK);
  } catch (cause) {
    const { message } = cause as Error;
    throw new UsageError(`--replay: ${replay}: cannot read the file: ${message}`, { cause });
  }
  if ((await stat(replay)).isDirectory()) {
    throw new UsageError(`--replay: ${replay}: cannot read the file: it is a folder`);
  }
}

/** Replays the recording, if there is one. The emulator continues to run after it. */
async function replay(
  emulator: Emulator,
  { replay: path, speed, timestamps, json }: EmulateOptions,
  { stdout, say, signal }: Session,
): Promise<void> {
  if (path === undefined) {
    return;
  }
  try {
    const { envelopes, incomplete } = await withFlags({ path: "--replay", speed: "--speed" }, () =>
      emulator.replay(path, { speed, timestamps, signal }),
    );
    if (incomplete) {
      say(`${path}: the last line is incomplete and was ignored, as after an interruption`);
    }
    await stdout.write(
      json
        ? jsonLine("replayed", { path, envelopes, incomplete })
        : `${counted(envelopes, "envelope")} replayed from ${path}\n`,
    );
  } catch (error) {
    if (signal.aborted) {
      return;
    }
    if (error instanceof Error && error.name === "RecordingError") {
      throw new UsageError(`--replay: ${error.message}`, { cause: error });
    }
    throw error;
  }
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
    "a reader is too slow; a larger --buffer-size buffers more for it",
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
  const { ingress, egress, gateway, v1, logCache, otlp, api } = emulator;
  const command = ownCommand(process);
  const place = (name: string, address: string, how?: string) =>
    `  ${name.padEnd(11)}${how === undefined ? address : `${address.padEnd(24)}${paint("gray", how)}`}\n`;
  return `${paint("bold", "A local Loggregator is running; press Ctrl-C to stop it")}

${place("ingress", ingress.address, "gRPC, mutual TLS: senders")}${place("v1", v1.address, "UDP, dropsonde: senders")}${place("egress", egress.address, "gRPC, mutual TLS: readers")}${place("gateway", gateway.url, "HTTP, with a token: readers")}${place("", gateway.httpsUrl)}${place("log-cache", logCache.url, "HTTP, with a token: stored envelopes")}${place("", logCache.address, "gRPC, mutual TLS")}${place("otlp", otlp.url, "HTTP and gRPC: OpenTelemetry exporters")}${place("", otlp.address, "gRPC, mutual TLS")}${api === undefined ? "" : place("api", api.url, "HTTP, REST: tests in any language")}${page === undefined ? "" : place("page", page.url, "for browsers")}
In other terminals:
  ${loadCommand(environmentFile, process.platform)}
  ${command} tail
  ${command} emit log --source-id my-app "hello"

`;
}

function jsonLine(event: string, details: object): string {
  return `${JSON.stringify({ event, ...details })}\n`;
}
