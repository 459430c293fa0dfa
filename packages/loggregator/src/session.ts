import { CommandError } from "./errors.js";
import { escapeControls } from "./terminal/escapeControls.js";
import { Output } from "./terminal/output.js";

/** One run of a command: what it prints to, and what ends it. */
export interface Session {
  readonly stdout: Output;
  /** Aborts at Ctrl-C, SIGTERM or SIGHUP, and when nobody reads the standard output any more. */
  readonly signal: AbortSignal;
  /** Whether it was Ctrl-C or its like. */
  readonly interrupted: boolean;
  /** A line on standard error. */
  readonly say: (message: string) => void;
}

/** Runs what a command does, with the first Ctrl-C asking it to end, and a second one ending it. */
export async function inSession(work: (session: Session) => Promise<void>): Promise<void> {
  const stdout = new Output(process.stdout);
  const ending = new AbortController();
  let interrupted = false;
  const interrupt = () => {
    if (interrupted) process.exit(130);
    interrupted = true;
    ending.abort();
  };
  const end = () => ending.abort();
  stdout.closed.addEventListener("abort", end);
  for (const name of signals) process.on(name, interrupt);
  try {
    await work({
      stdout,
      signal: ending.signal,
      get interrupted() {
        return interrupted;
      },
      say,
    });
    if (stdout.failure !== undefined) throw stdout.failure;
  } catch (error) {
    if (stdout.failure !== undefined) throw stdout.failure;
    // Whatever was under way ends so; what is meant to be interrupted does not throw.
    const isAbort = error instanceof Error && error.name === "AbortError";
    if (interrupted && isAbort) throw new CommandError("interrupted", { exitCode: 130 });
    // Who left early has all that was wanted.
    if (!(stdout.closed.aborted && isAbort)) throw error;
  } finally {
    for (const name of signals) process.off(name, interrupt);
    stdout.release();
  }
}

/** A line on standard error; what others named in it can't break the line or steer the terminal. */
export function say(message: string): void {
  // A progress line may stand there.
  const start = process.stderr.isTTY ? "\r\x1b[K" : "";
  process.stderr.write(`${start}loggregator: ${escapeControls(message)}\n`);
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
