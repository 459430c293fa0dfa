import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";

/** The built command. */
export const bin = fileURLToPath(new URL("../dist/bin.js", import.meta.url));

if (!existsSync(bin)) {
  throw new Error(`${bin} is not there: build first, with "npm run build"`);
}

/** The result of a command. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  /** In addition to PATH and other basic variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** `loggregator` in its own process. */
export class Loggregator {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<Ended>;
  readonly #changed = new Set<() => void>();
  stdout = "";
  stderr = "";

  constructor(args: readonly string[], { env = {} }: StartOptions = {}) {
    this.#child = spawn(process.execPath, [bin, ...args], {
      env: { ...cleanEnvironment(), ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#notify();
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#notify();
    });
    // A command may end before it has read everything.
    this.#child.stdin.on("error", () => {});
    this.#ended = once(this.#child, "close").then(([code]) => {
      this.#notify();
      return { code: code as number | null, stdout: this.stdout, stderr: this.stderr };
    });
  }

  get stdin(): Writable {
    return this.#child.stdin;
  }

  /** Its standard output, to be closed early. */
  get output(): Readable {
    return this.#child.stdout;
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves once the predicate holds for the output; rejects if the command ends first. */
  async until(predicate: (printed: { stdout: string; stderr: string }) => boolean): Promise<void> {
    while (!predicate(this)) {
      if (!this.isRunning) {
        const { code, stdout, stderr } = await this.#ended;
        if (predicate(this)) {
          return;
        }
        throw new Error(`ended with ${code} before it printed that:\n${stdout}\n${stderr}`);
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#changed.delete(wake);
          resolve();
        };
        this.#changed.add(wake);
      });
    }
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  ended(): Promise<Ended> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  #notify(): void {
    for (const wake of this.#changed) {
      wake();
    }
  }
}

/** Runs `loggregator` to its end. */
export async function loggregator(
  args: readonly string[],
  options: StartOptions & { readonly input?: string | Uint8Array } = {},
): Promise<Ended> {
  await using command = new Loggregator(args, options);
  command.stdin.end(options.input ?? "");
  return await command.ended();
}

/** A `loggregator emulate` on free ports. */
export class Emulate implements AsyncDisposable {
  readonly command: Loggregator;
  readonly #folder: string;
  /** The variables in its environment file. */
  env: Readonly<Record<string, string>> = {};

  private constructor(folder: string, args: readonly string[]) {
    this.#folder = folder;
    this.command = new Loggregator([
      ...["emulate", "--json", "--env", this.environmentFile],
      ...["--ingress", "127.0.0.1:0", "--egress", "127.0.0.1:0"],
      ...["--gateway", "127.0.0.1:0", "--v1", "127.0.0.1:0", "--log-cache", "127.0.0.1:0"],
      ...args,
    ]);
  }

  static async start(...args: readonly string[]): Promise<Emulate> {
    const folder = await mkdtemp(join(tmpdir(), "loggregator-cli-"));
    const emulate = new Emulate(folder, args);
    await emulate.command.until(({ stdout }) => stdout.includes("\n"));
    emulate.env = parseEnv(await readFile(emulate.environmentFile, "utf8")) as Record<
      string,
      string
    >;
    return emulate;
  }

  get environmentFile(): string {
    return join(this.#folder, "loggregator.env");
  }

  /** Resolves once this number of streams read from it. */
  async untilReaders(readers: number): Promise<void> {
    await this.command.until(
      ({ stdout }) => (stdout.match(/"readers":(\d+)\}\n$/)?.[1] ?? "0") === String(readers),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Returns an environment without the user's settings. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, TZ: "UTC" };
}
