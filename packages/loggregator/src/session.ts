import { onAbort } from "@loggregator/core";
import { CommandError } from "./errors.js";
import { Output } from "./terminal/output.js";
import { escapeControls } from "./text/escapeControls.js";

/** One run of a command: its output, and the signal that ends it. */
export interface Session {
  readonly stdout: Output;
  /** Aborts at Ctrl-C, SIGTERM or SIGHUP, and when standard output is closed. */
  readonly signal: AbortSignal;
  /** Whether a signal of the operating system ended it. */
  readonly interrupted: boolean;
  /** Prints a line on standard error. */
  readonly say: (message: string) => void;
}

/** Runs a command. The first Ctrl-C aborts its signal, the second one exits immediately. */
export async function inSession(work: (session: Session) => Promise<void>): Promise<void> {
  const stdout = new Output(process.stdout);
  const ending = new AbortController();
  let interrupted = false;
  const interrupt = () => {
    if (interrupted) {
      process.exit(130);
    }
    interrupted = true;
    ending.abort();
  };
  const removeOnClosed = onAbort(stdout.closed, () => ending.abort());
  for (const name of signals) {
    process.on(name, interrupt);
  }
  try {
    await work({
      stdout,
      signal: ending.signal,
      get interrupted() {
        return interrupted;
      },
      say,
    });
    if (stdout.failure !== undefined) {
      throw stdout.failure;
    }
  } catch (error) {
    if (stdout.failure !== undefined) {
      throw stdout.failure;
    }
    const isAbort = error instanceof Error && error.name === "AbortError";
    if (interrupted && isAbort) {
      throw new CommandError("interrupted", { exitCode: 130 });
    }
    // An abort after the reader has closed standard output is not an error.
    if (!(stdout.closed.aborted && isAbort)) {
      throw error;
    }
  } finally {
    removeOnClosed();
    for (const name of signals) {
      process.off(name, interrupt);
    }
    stdout.release();
  }
}

/**
 * Prints a line on standard error. Control characters are escaped, so quoted text cannot break the
 * line or control the terminal.
 */
export function say(message: string): void {
  // Replaces a progress line.
  const start = process.stderr.isTTY ? "\r\x1b[K" : "";
  const line = message.length > maxLength ? `${message.slice(0, maxLength)}…` : message;
  process.stderr.write(`${start}loggregator: ${escapeControls(line)}\n`);
}

/** The maximum length of a message, which may quote other text. */
const maxLength = 4_000;

/** Returns the signals that end a command. On Windows, Ctrl-Break is one more. */
export function endingSignals(platform: string): readonly NodeJS.Signals[] {
  const common = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  return platform === "win32" ? [...common, "SIGBREAK"] : common;
}

const signals = endingSignals(process.platform);
