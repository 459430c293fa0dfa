import { CommandError, UsageError } from "../errors.js";
import { explain } from "../explain.js";
import type { Session } from "../session.js";
import { counted, grouped } from "../terminal/numbers.js";
import type { TlsOptions } from "../tlsOptions.js";
import { Pace } from "./pace.js";
import { Progress } from "./progress.js";
import type { Sink } from "./sink.js";
import { standardInputLines } from "./standardInput.js";

/** What all of `loggregator emit …` are told. */
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

/** What is to be emitted: one envelope, or else one for each line of standard input. */
export interface Emission {
  readonly one: ((sink: Sink) => void) | undefined;
  readonly line: (line: Buffer, sink: Sink) => void;
}

/** What may wait in the client before standard input has to. */
const maxWaiting = 10_000;
const maxWaitingBytes = 8 * 1024 * 1024;
/** Of one envelope beside its line: about as much as its tags and ids. */
const envelopeBytes = 256;

/** How long lines are still read after Ctrl-C: it ends the program that writes them as well. */
const graceMs = 1_000;

/** Emits, waits until it is delivered, and tells how that went. */
export async function emit(
  emission: Emission,
  options: EmitOptions,
  session: Session,
): Promise<void> {
  const sink = await openSink(options, session);
  const progress = new Progress(() => sink.stats.sent);
  let fault: unknown;
  try {
    if (emission.one === undefined) await emitLines(emission, sink, options, session);
    else emission.one(sink);
  } catch (error) {
    fault = error;
  }
  await sink.close().catch((error: unknown) => {
    fault ??= error;
  });
  if (sink.failed.aborted) fault = sink.failed.reason;
  progress.end();

  const { sent, dropped } = sink.stats;
  if (options.json) {
    const seconds = Number(progress.seconds.toFixed(3));
    const result = { address: sink.name, sent, dropped, seconds };
    await session.stdout.write(`${JSON.stringify(result)}\n`);
  }
  if (fault instanceof UsageError) throw fault;
  if (fault !== undefined || dropped > 0) throw undelivered(sent, dropped, fault);
  const done = `${counted(sent, "envelope")} sent to ${sink.name}`;
  if (session.interrupted) throw new CommandError(`interrupted; ${done}`, { exitCode: 130 });
  if (process.stderr.isTTY) session.say(`${done} in ${progress.seconds.toFixed(1)} s`);
}

async function emitLines(
  emission: Emission,
  sink: Sink,
  { rate }: EmitOptions,
  session: Session,
): Promise<void> {
  if (process.stdin.isTTY) session.say("reading lines from the terminal; Ctrl-D ends them");
  const pace = rate === undefined ? undefined : new Pace(rate);
  const over = endOfReading(session.signal, sink.failed);
  let number = 0;
  let waiting = 0;
  let waitingBytes = 0;
  for await (const lines of standardInputLines(over)) {
    for (const line of lines) {
      if (sink.failed.aborted) return;
      number += 1;
      try {
        emission.line(line, sink);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        const before = number > 1 ? "; the lines before it were sent" : "";
        throw new UsageError(`line ${number} of standard input: ${error.message}${before}`);
      }
      waiting += 1;
      waitingBytes += line.length + envelopeBytes;
      if (waiting >= maxWaiting || waitingBytes >= maxWaitingBytes) {
        await sink.drain(over);
        waiting = 0;
        waitingBytes = 0;
      }
      await pace?.next(over);
    }
  }
}

/** Aborts when it is of no use to read on, or some time after the session was asked to end. */
function endOfReading(ending: AbortSignal, failed: AbortSignal): AbortSignal {
  const over = new AbortController();
  const abort = () => over.abort();
  failed.addEventListener("abort", abort);
  ending.addEventListener("abort", () => {
    if (process.stdin.isTTY) abort();
    else setTimeout(abort, graceMs).unref();
  });
  if (failed.aborted || ending.aborted) abort();
  return over.signal;
}

async function openSink(options: EmitOptions, session: Session): Promise<Sink> {
  if (options.v1) {
    const { v1Sink } = await import("./v1Sink.js");
    return v1Sink(options, session.say);
  }
  const { ingressSink } = await import("./ingressSink.js");
  return ingressSink(options, session.say);
}

function undelivered(sent: number, dropped: number, fault: unknown): CommandError {
  const why = fault === undefined ? "the client dropped them" : explain(fault).message;
  if (sent + dropped === 0) return new CommandError(why, { cause: fault });
  const all = counted(sent + dropped, "envelope");
  // Of what was sent it is not known what arrived.
  const lost = dropped > 0 ? grouped(dropped) : `up to ${grouped(sent)}`;
  return new CommandError(`${lost} of ${all} not delivered: ${why}`, { cause: fault });
}
