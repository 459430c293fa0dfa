import { onAbort } from "@loggregator/core";
import { CommandError, UsageError } from "../errors.js";
import { explain } from "../explain.js";
import type { Session } from "../session.js";
import { counted, grouped } from "../text/formatNumbers.js";
import type { TlsOptions } from "../tlsOptions.js";
import { Pace } from "./pace.js";
import { Progress } from "./progress.js";
import type { Sink } from "./sink.js";
import { standardInputLines } from "./standardInputLines.js";

/** The common options of `loggregator emit …`. */
export interface EmitOptions extends TlsOptions {
  readonly address: string;
  readonly acknowledged?: boolean | undefined;
  readonly v1?: boolean | undefined;
  readonly v1Address: string;
  readonly origin: string;
  readonly tag?: Readonly<Record<string, string>> | undefined;
  readonly rate?: number | undefined;
  readonly json?: boolean | undefined;
}

/** The envelopes to emit: one, or one for each line of standard input. */
export interface Emission {
  readonly one: ((sink: Sink) => void) | undefined;
  readonly line: (line: Buffer, sink: Sink) => void;
}

/** The number of envelopes queued in the client above which reading pauses. */
const maxQueued = 10_000;
const maxQueuedBytes = 8 * 1024 * 1024;
/** The approximate size of an envelope without its line. */
const envelopeBytes = 256;

/**
 * The time in milliseconds for which lines are still read after Ctrl-C, which also ends the program
 * that writes them.
 */
const graceMs = 1_000;

/** Emits, waits until everything is delivered, and reports the result. */
export async function emit(
  emission: Emission,
  options: EmitOptions,
  session: Session,
): Promise<void> {
  const sink = await openSink(options, session);
  const readsTerminal = emission.one === undefined && process.stdin.isTTY === true;
  // Not while lines are typed: progress would be written into them.
  const progress = new Progress(() => sink.stats.sent, !readsTerminal);
  let fault: unknown;
  let unsent = 0;
  try {
    if (emission.one === undefined) {
      unsent = await emitLines(emission, sink, options, session);
    } else {
      emission.one(sink);
    }
  } catch (error) {
    fault = error;
  }
  await sink.close().catch((error: unknown) => {
    fault ??= error;
  });
  if (sink.failed.aborted) {
    fault = sink.failed.reason;
  }
  progress.end();

  const { sent, dropped } = sink.stats;
  if (options.json) {
    const seconds = Number(progress.seconds.toFixed(3));
    const result = { address: sink.name, sent, dropped, unsent, seconds };
    await session.stdout.write(`${JSON.stringify(result)}\n`);
  }
  if (fault instanceof UsageError) {
    throw fault;
  }
  if (fault !== undefined || dropped > 0) {
    throw undelivered(sent, dropped, fault);
  }
  const done = `${counted(sent, "envelope")} sent to ${sink.name}`;
  if (session.interrupted) {
    const rest = unsent > 0 ? `, ${counted(unsent, "line")} read but not sent` : "";
    throw new CommandError(`interrupted; ${done}${rest}`, { exitCode: 130 });
  }
  if (process.stderr.isTTY) {
    session.say(`${done} in ${progress.seconds.toFixed(1)} s`);
  }
}

/** @returns The number of lines that were read but not emitted, because the session ended. */
async function emitLines(
  emission: Emission,
  sink: Sink,
  { rate }: EmitOptions,
  session: Session,
): Promise<number> {
  if (process.stdin.isTTY) {
    session.say("reading lines from the terminal; press Ctrl-D to end the input");
  }
  const pace = rate === undefined ? undefined : new Pace(rate);
  const reading = untilEndOfReading(session.signal, sink.failed);
  let number = 0;
  let unsent = 0;
  let queued = 0;
  let queuedBytes = 0;
  for await (const lines of standardInputLines(reading)) {
    for (const line of lines) {
      if (sink.failed.aborted) {
        return unsent;
      }
      number += 1;
      // The rate still applies after Ctrl-C: lines that could not be sent in time are reported.
      if (pace !== undefined && reading.aborted) {
        unsent += 1;
        continue;
      }
      try {
        emission.line(line, sink);
      } catch (error) {
        if (!(error instanceof UsageError)) {
          throw error;
        }
        const before = number > 1 ? "; the lines before it were sent" : "";
        throw new UsageError(`line ${number} of standard input: ${error.message}${before}`);
      }
      queued += 1;
      queuedBytes += line.length + envelopeBytes;
      if (queued >= maxQueued || queuedBytes >= maxQueuedBytes) {
        await sink.drain(reading);
        queued = 0;
        queuedBytes = 0;
      }
      await pace?.next(reading);
    }
  }
  return unsent;
}

/**
 * Returns a signal that aborts if nothing can be sent, or some time after the session was
 * interrupted.
 */
function untilEndOfReading(ending: AbortSignal, failed: AbortSignal): AbortSignal {
  const end = new AbortController();
  const abort = () => end.abort();
  onAbort(failed, abort);
  onAbort(ending, () => {
    if (process.stdin.isTTY) {
      abort();
    } else {
      setTimeout(abort, graceMs).unref();
    }
  });
  return end.signal;
}

async function openSink(options: EmitOptions, session: Session): Promise<Sink> {
  if (options.v1) {
    const { v1Sink } = await import("./v1Sink.js");
    return await v1Sink(options, session.say);
  }
  const { ingressSink } = await import("./ingressSink.js");
  return await ingressSink(options, session.say);
}

function undelivered(sent: number, dropped: number, fault: unknown): CommandError {
  const reason = fault === undefined ? "the client dropped them" : explain(fault).message;
  if (sent + dropped === 0) {
    return new CommandError(reason, { cause: fault });
  }
  const all = counted(sent + dropped, "envelope");
  // It is unknown which of the sent envelopes arrived.
  const lost = dropped > 0 ? grouped(dropped) : `up to ${grouped(sent)}`;
  return new CommandError(`${lost} of ${all} not delivered: ${reason}`, { cause: fault });
}
