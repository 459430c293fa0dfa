import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";

/** The answer of `/healthz`. */
export interface NozzleHealth {
  readonly status: string;
  readonly shardId?: string;
  readonly workers: readonly NozzleWorkerHealth[];
}

export interface NozzleWorkerHealth {
  readonly pid: number;
  readonly state: string;
  readonly restarts: number;
  readonly stream: { readonly ok: boolean; readonly detail: string };
  readonly destination: { readonly ok: boolean; readonly detail: string };
  readonly queued: number;
  readonly received: number;
  readonly sent: number;
  readonly dropped: Readonly<Record<string, number>>;
}

export interface NozzleEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The interval of health requests, in milliseconds. */
const pollMs = 20;

/** `loggregator nozzle` in its own processes. */
export class NozzleProgram implements AsyncDisposable {
  stdout = "";
  stderr = "";
  readonly ended: Promise<NozzleEnd>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;

  /**
   * @param program The path of the built command.
   * @param env The environment in addition to `PATH`.
   */
  private constructor(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ) {
    const { PATH } = process.env;
    this.#child = spawn(process.execPath, [program, "nozzle", ...args], {
      env: { PATH, HOME: "/nowhere", NOZZLE_HEALTH: "127.0.0.1:0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = once(this.#child, "close").then(([code]) => {
      const { stdout, stderr } = this;
      return { code: code as number | null, stdout, stderr };
    });
  }

  /** Starts a nozzle, and waits until its workers have started. */
  static async start(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<NozzleProgram> {
    const nozzle = new NozzleProgram(program, args, env);
    while (!nozzle.stderr.includes("reading from")) {
      nozzle.#throwIfEnded();
      await wait(pollMs);
    }
    return nozzle;
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  /** Its standard output, to be closed early. */
  get output(): Readable {
    return this.#child.stdout;
  }

  /** The URL of a path of its own server. */
  url(path: string): string {
    const [, address] = /\/metrics on (\S+)\n/.exec(this.stderr) ?? [];
    return `${address}${path}`;
  }

  async health(): Promise<NozzleHealth> {
    this.#throwIfEnded();
    return (await (await fetch(this.url("/healthz"))).json()) as NozzleHealth;
  }

  /** Resolves once the predicate holds for the health; rejects if the nozzle ends first. */
  async untilHealth(predicate: (health: NozzleHealth) => boolean): Promise<NozzleHealth> {
    for (;;) {
      const health = await this.health();
      if (predicate(health)) {
        return health;
      }
      await wait(pollMs);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends SIGTERM, and resolves when all processes have ended. */
  async stop(): Promise<NozzleEnd> {
    this.signal("SIGTERM");
    return await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  #throwIfEnded(): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) {
      throw new Error(`the nozzle ended with ${signalCode ?? exitCode}:\n${this.stderr}`);
    }
  }
}

/** The sum of a count of all workers. */
export function nozzleTotal(
  { workers }: Pick<NozzleHealth, "workers">,
  name: "received" | "sent" | "queued",
): number {
  return workers.reduce((sum, worker) => sum + worker[name], 0);
}
