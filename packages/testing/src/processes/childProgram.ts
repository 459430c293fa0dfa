import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Recorder } from "../recorder.js";

export interface ChildProgramOptions {
  readonly args?: readonly string[] | undefined;
  readonly execArgv?: readonly string[] | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** The exit code of a program, and its output. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Node.js program in its own process that sends messages to the test with `process.send`. */
export class ChildProgram implements AsyncDisposable {
  /** All messages received so far. */
  readonly messages = new Recorder<unknown>();
  /** Resolves when the process has ended. */
  readonly ended: Promise<ChildEnd>;
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;

  constructor(file: URL, { args = [], execArgv = [], env }: ChildProgramOptions = {}) {
    this.#child = fork(fileURLToPath(file), args, {
      execArgv: [...execArgv],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      ...(env !== undefined && { env }),
    });
    this.#child.on("message", this.messages.add);
    // A message that is sent while the process ends is lost.
    this.#child.on("error", () => {});
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = once(this.#child, "close").then(([code, signal]) => ({
      code,
      signal,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  send(message: unknown): void {
    this.#child.send(message as object);
  }

  /** Resolves to the next message; rejects if the process ends first. */
  next<T = unknown>(): Promise<T> {
    return this.#unlessEnded(this.messages.next()) as Promise<T>;
  }

  /** Resolves once the predicate holds for the messages so far; rejects if the process ends first. */
  until(predicate: (messages: readonly unknown[]) => boolean): Promise<void> {
    return this.#unlessEnded(this.messages.until(predicate));
  }

  /** Sends a signal without waiting for its effect. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Kills the process. */
  async kill(): Promise<ChildEnd> {
    this.#child.kill("SIGKILL");
    return await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #unlessEnded<T>(wait: Promise<T>): Promise<T> {
    const ended = this.ended.then(({ code, signal, stderr }) => {
      throw new Error(
        `the process ended with ${signal ?? code} before it sent a message:\n${stderr}`,
      );
    });
    ended.catch(() => {});
    return Promise.race([wait, ended]);
  }
}
