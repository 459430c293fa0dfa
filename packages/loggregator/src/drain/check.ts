import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { delay } from "@loggregator/core";
import { type CheckedCertificate, checkDrain, type DrainReport } from "@loggregator/drain/check";
import { CommandError } from "../errors.js";
import { withFlags } from "../explain.js";
import type { Session } from "../session.js";
import { escapeControls } from "../text/escapeControls.js";
import { counted } from "../text/formatNumbers.js";
import { readPem, requirePair } from "./readPem.js";

/** The options of `loggregator drain check`. */
export interface CheckOptions {
  readonly count: number;
  readonly received?: string | undefined;
  readonly timeout: number;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly json?: boolean | undefined;
}

/** The interval at which a file is polled, in milliseconds. */
const pollMs = 50;

/**
 * Checks a receiver, and prints the report.
 *
 * @throws CommandError with the problem and its remedy, if there is one.
 */
export async function check(
  url: string,
  { count, received, timeout, ca, cert, key, json }: CheckOptions,
  { stdout, signal, say }: Session,
): Promise<void> {
  requirePair(cert, key);
  const size = received === undefined || received === "-" ? 0 : await sizeOf(received);
  const tls = await readPem({ ca, cert, key }, { ca: "--ca", cert: "--cert", key: "--key" });
  const report = await withFlags({ url: "the URL" }, () =>
    checkDrain(url, {
      tls,
      count,
      timeoutMs: timeout * 1000,
      received: received === undefined ? undefined : receivedText(received, size, signal),
    }),
  );
  await stdout.write(json ? `${JSON.stringify(report)}\n` : textOf(report));
  for (const { severity, message, remedy } of report.problems) {
    if (severity === "warning") {
      say(`warning: ${message}; ${remedy}`);
    }
  }
  const error = report.problems.find(({ severity }) => severity === "error");
  if (error !== undefined) {
    throw new CommandError(`${error.code}: ${error.message}; ${error.remedy}`);
  }
}

/** Yields text that is appended to a file, or standard input. */
async function* receivedText(
  path: string,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let start = size;
  if (path === "-") {
    yield* process.stdin as AsyncIterable<Buffer>;
    return;
  }
  while (!signal.aborted) {
    for await (const chunk of createReadStream(path, { start }) as AsyncIterable<Buffer>) {
      start += chunk.length;
      yield chunk;
    }
    await delay(signal, pollMs).catch(() => {});
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw new CommandError(`--received: cannot read the file: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function textOf({ url, addresses, protocol, chain, sent, arrivals }: DrainReport): string {
  const lines = [url];
  const add = (name: string, text: string) => lines.push(`  ${name.padEnd(12)} ${text}`);
  if (addresses.length > 0) {
    add("addresses", addresses.join(", "));
  }
  if (protocol !== undefined) {
    add("connection", protocol);
  }
  for (const certificate of chain) {
    add("certificate", certificateText(certificate));
  }
  if (sent > 0) {
    add("sent", counted(sent, "message"));
  }
  if (arrivals !== undefined) {
    const { arrived, duplicated, firstMs, lastMs } = arrivals;
    const times =
      firstMs === undefined || lastMs === undefined
        ? ""
        : `, after ${Math.round(firstMs)} to ${Math.round(lastMs)} ms`;
    add("arrived", `${arrived} of ${sent}${times}${duplicated > 0 ? `, ${duplicated} twice` : ""}`);
  }
  return `${lines.map(escapeControls).join("\n")}\n`;
}

function certificateText({ subject, issuer, validTo, altNames }: CheckedCertificate): string {
  const names = altNames.length > 0 ? ` for ${altNames.join(", ")}` : "";
  const until = validTo.toISOString().slice(0, 10);
  return `${subject}${names}, issued by ${issuer}, valid until ${until}`;
}
