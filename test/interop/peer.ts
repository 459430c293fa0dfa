import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { describe, inject } from "vitest";

/** `describe`, but skipped if Go is not installed. */
export const describeInterop = describe.skipIf(inject("peer") === "");

/** The command-line flags of a role of the Go program; see test/interop/peer/main.go. */
export type Flags = Readonly<Record<string, string | boolean>>;

/** The time limit for the end of the program, in milliseconds. */
const exitTimeoutMs = 10_000;

/** The Go program in one of its roles. It ends when its stdin does, and so with this process. */
export class Peer implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<unknown>;
  readonly #unread: object[] = [];
  readonly #waiting: { resolve: (line: never) => void; reject: (error: Error) => void }[] = [];
  #errors = "";
  #ended = false;

  constructor(role: string, flags: Flags = {}) {
    const args = Object.entries(flags).map(([name, value]) => `-${name}=${value}`);
    this.#child = spawn(inject("peer"), [role, ...args]);
    this.#exit = once(this.#child, "close").then(() => this.#end());
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    // Ignored: `next` reports that the program has ended.
    this.#child.stdin.on("error", () => {});
    let rest = "";
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        this.#read(JSON.parse(line));
      }
    });
  }

  /** Sends a command to the program. */
  send(line: object): void {
    this.#child.stdin.write(`${JSON.stringify(line)}\n`);
  }

  /** Returns the next object that the program writes. */
  next<T>(): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const line = this.#unread.shift();
      if (line !== undefined) {
        resolve(line as T);
      } else if (this.#ended) {
        reject(this.#gone());
      } else {
        this.#waiting.push({ resolve, reject });
      }
    });
  }

  /** Kills the program, and returns the objects that were not read with `next`. */
  async kill<T>(): Promise<T[]> {
    this.#child.kill("SIGKILL");
    await this.#exit;
    return this.#unread.splice(0) as T[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), exitTimeoutMs);
    await this.#exit;
    clearTimeout(timer);
  }

  #read(line: object): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) {
      this.#unread.push(line);
    } else {
      waiting.resolve(line as never);
    }
  }

  #end(): void {
    this.#ended = true;
    for (const { reject } of this.#waiting.splice(0)) {
      reject(this.#gone());
    }
  }

  #gone(): Error {
    return new Error(`the Go program ended before it answered: ${this.#errors}`);
  }
}
