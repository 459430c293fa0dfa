import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CertificateAndKey } from "@loggregator/emulator";

/** What the servers of a process are given; see `EmulatorTlsOptions`. */
export interface ServerTls {
  readonly ca: string;
  readonly metron: CertificateAndKey;
  readonly reverselogproxy: CertificateAndKey;
  readonly rlpGateway: CertificateAndKey;
  readonly client: CertificateAndKey;
}

export interface Addresses {
  readonly ingress: string;
  readonly egress: string;
  readonly gateway: string;
}

const free = "127.0.0.1:0";

/**
 * Loggregators in processes of their own, one after the other at the same addresses, and what they
 * received and sent in all. The next one is loaded while one runs, so that a restart takes no time.
 */
export class ServerProcess implements AsyncDisposable {
  addresses: Addresses = { ingress: free, egress: free, gateway: free };
  tls: ServerTls;
  readonly #directory: string;
  readonly #feedEachMs: number | undefined;
  #generation = 0;
  #running: ChildProcess | undefined;
  #standby: Promise<ChildProcess> | undefined;

  /** @param options.feedEachMs Sends ten numbers to readers at this interval. Default: none. */
  static async start(
    tls: ServerTls,
    options: { readonly feedEachMs?: number } = {},
  ): Promise<ServerProcess> {
    const directory = await mkdtemp(join(tmpdir(), "loggregator-faults-"));
    const server = new ServerProcess(tls, directory, options.feedEachMs);
    await server.start();
    return server;
  }

  private constructor(tls: ServerTls, directory: string, feedEachMs: number | undefined) {
    this.tls = tls;
    this.#directory = directory;
    this.#feedEachMs = feedEachMs;
  }

  /** Has the next one listen, at the addresses of the one before. */
  async start(): Promise<void> {
    const child = await (this.#standby ?? load());
    this.#standby = undefined;
    this.#running = child;
    child.send({
      addresses: this.addresses,
      tls: this.tls,
      arrived: join(this.#directory, "arrived"),
      sent: join(this.#directory, "sent"),
      feedFrom: this.#generation++ * 1_000_000,
      feedEachMs: this.#feedEachMs,
    });
    [this.addresses] = (await once(child, "message")) as [Addresses];
  }

  /** Loads the next one, so that `start` takes no time. */
  async prepare(): Promise<void> {
    this.#standby ??= load();
    await this.#standby;
  }

  /** Ends it in the middle of whatever it does. */
  async kill(): Promise<void> {
    const child = this.#running as ChildProcess;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#running?.kill(signal);
  }

  /** The numbers that arrived from a source, whose name begins with this letter, in order. */
  async arrived(letter: string): Promise<number[]> {
    const lines = (await this.#read("arrived")).split("\n");
    return lines.filter((line) => line.startsWith(letter)).map((line) => Number(line.slice(1)));
  }

  /** The numbers that were sent to readers, in order. */
  async sent(): Promise<number[]> {
    return (await this.#read("sent")).split("\n").filter(Boolean).map(Number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    (await this.#standby)?.kill("SIGKILL");
    await rm(this.#directory, { recursive: true });
  }

  #read(name: string): Promise<string> {
    return readFile(join(this.#directory, name), "utf8").catch(() => "");
  }
}

async function load(): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("server.mjs", import.meta.url)), {
    execArgv: [],
  });
  await once(child, "message");
  return child;
}
