import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

/** The time limit for the output that a test waits for, in milliseconds. */
const timeoutMs = 60_000;

/** An example in its own process, as a user runs it, with only this environment. */
export class Example implements AsyncDisposable {
  stdout = "";
  stderr = "";
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #closed: Promise<unknown>;
  #hasClosed = false;

  /** @param path Below `dist`, such as `v2-ingress.js`. */
  constructor(path: string, env: Record<string, string> = {}) {
    const file = fileURLToPath(new URL(`../dist/${path}`, import.meta.url));
    const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#child = child;
    this.#closed = once(child, "close").then(() => {
      this.#hasClosed = true;
    });
  }

  /** The lines of standard output so far. */
  get lines(): string[] {
    return this.stdout.split("\n").slice(0, -1);
  }

  /** Waits for a number of lines of standard output that match, and returns them. */
  printed(pattern: RegExp, count = 1): Promise<string[]> {
    return this.#lines("stdout", pattern, count);
  }

  /** The same for standard error. */
  printedErrors(pattern: RegExp, count = 1): Promise<string[]> {
    return this.#lines("stderr", pattern, count);
  }

  async #lines(stream: "stdout" | "stderr", pattern: RegExp, count: number): Promise<string[]> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    try {
      for (;;) {
        const lines = this[stream].split("\n").slice(0, -1);
        const found = lines.filter((line) => pattern.test(line));
        if (found.length >= count) {
          return found;
        }
        if (this.#hasClosed || timeout.signal.aborted) {
          const why = this.#hasClosed
            ? `exited with ${this.#child.exitCode}`
            : `did not print it within ${timeoutMs} ms`;
          throw new Error(
            `expected ${count} lines like ${pattern}, but the example ${why}:\n${this}`,
          );
        }
        const { signal } = timeout;
        const more = once(this.#child[stream], "data", { signal }).catch(() => {});
        await Promise.race([more, this.#closed]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Its exit code, after it has exited. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  /** Interrupts it as Ctrl-C does, and returns its exit code; null if the signal killed it. */
  interrupt(): Promise<number | null> {
    this.#child.kill("SIGINT");
    return this.ended();
  }

  toString(): string {
    return `stdout:\n${this.stdout}\nstderr:\n${this.stderr}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }
}
