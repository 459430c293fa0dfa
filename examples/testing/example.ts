import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

/** How long an example may take to print what a test waits for. */
const patienceMs = 20_000;

/** An example in a process of its own, as a user runs it, with this environment and no other. */
export class Example implements AsyncDisposable {
  stdout = "";
  stderr = "";
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #closed: Promise<unknown>;
  #hasClosed = false;

  /** @param path - Below `dist`, such as `v2-ingress.js`. */
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

  /** The lines that it has printed so far. */
  get lines(): string[] {
    return this.stdout.split("\n").slice(0, -1);
  }

  /** Waits until it has printed so many lines that match, and returns them. */
  async printed(pattern: RegExp, count = 1): Promise<string[]> {
    const signal = AbortSignal.timeout(patienceMs);
    for (;;) {
      const found = this.lines.filter((line) => pattern.test(line));
      if (found.length >= count) return found;
      if (this.#hasClosed || signal.aborted) {
        const why = this.#hasClosed ? `its end with ${this.#child.exitCode}` : `${patienceMs} ms`;
        throw new Error(`expected ${count} lines like ${pattern} before ${why}, got ${this}`);
      }
      const more = once(this.#child.stdout, "data", { signal }).catch(() => {});
      await Promise.race([more, this.#closed]);
    }
  }

  /** Its exit code, once it has ended by itself. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  /** Presses Ctrl-C, and returns its exit code; null where the signal ended it. */
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
